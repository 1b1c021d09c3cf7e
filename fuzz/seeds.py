#!/usr/bin/env python3
"""Writes inputs for the fuzz targets to begin with: seeds.py FOLDER makes FOLDER/TARGET/*.

What a target takes its numbers from stands at the end of an input (FuzzedDataProvider), so these end in a few bytes for
them."""
import pathlib
import sys

HEAD = b"Host: localhost\r\n"
HTTP = [
    b"GET /echo HTTP/1.1\r\n" + HEAD + b"\r\n",
    b"GET /kismet/any/a/x.json?a=b&c=%41+d HTTP/1.1\r\n" + HEAD + b"Cookie: KISMET=1\r\n\r\n",
    b"POST /echo HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\n\r\nhello" + b"HEAD /echo HTTP/1.1\r\n" + HEAD + b"\r\n",
    b"POST /echo HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n" +
    b"GET /echo HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n",
    b"POST /echo HTTP/1.1\r\n" + HEAD + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n"
    b"Expect: 100-continue\r\n\r\na=%20b&c=d+",
    b"GET http://localhost/echo HTTP/1.0\r\n\r\n",
]
FEEDS = [
    b'{"SUBSCRIBE":"MESSAGE","fields":["a",["b/c","d"]],"envelope":true,"since":3,"max_rate":1.5,"format":"ekjson"}',
    b'{"UNSUBSCRIBE":"MESSAGE"}', b'[{"a":{"b":[1,2.5,null,"x\\u00e9"]}}]', b'{"since":"12-34","topic":"HELPER_*"}',
]
CONFIG = [
    b"httpd_port=2501\nhelper=demo:name=a,args=\"--x 'y z'\",env=A=b\n# x\nthreads=2\nhttpd_mime=a:text/a\nlog_types+=kismet\n",
]
TAIL = bytes([7, 1, 2, 3, 0, 1])


def write(folder, inputs):
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(inputs):
        (folder / f"seed-{number}").write_bytes(text + TAIL)


root = pathlib.Path(sys.argv[1])
write(root / "http", HTTP)
write(root / "feed_request", FEEDS)
write(root / "config", CONFIG)
