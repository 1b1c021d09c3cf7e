#!/usr/bin/env python3
"""Writes the golden frames v0.txt, v2.txt and v3.txt: each command of the interface as a peer sends it.

They are made without any code of the daemon: protoc turns the texts below into messages, python3-msgpack packs the maps, and
this script packs headers as proto/README.md describes them. A line is NAME SEQNO HEX. Run it again only when a command is added.
"""
import pathlib
import struct
import subprocess

import msgpack

HERE = pathlib.Path(__file__).parent
SCHEMA = HERE.parent.parent / "proto" / "kismet_external.proto"

# Name of the frame, command, its number in v3, sequence number, message type, its content as protobuf text, as a map for v3.
FRAMES = [
    ("MESSAGE", "MESSAGE", 5, 0, "MsgbusMessage", 'msgtype: INFO msgtext: "hi"', {1: 2, 2: "hi"}),
    ("MESSAGE_EMPTY", "MESSAGE", 5, 1, "MsgbusMessage", 'msgtype: ERROR msgtext: ""', {1: 4, 2: ""}),
    ("PING", "PING", 2, 1, "Ping", "", {}),
    ("PONG", "PONG", 3, 2, "Pong", "ping_seqno: 2", {}),
    ("SHUTDOWN", "SHUTDOWN", 4, 3, "ExternalShutdown", 'reason: "bye"', {1: "bye"}),
    ("SYSTEMREGISTER", "SYSTEMREGISTER", 1, 4, "SystemRegister", 'subsystem: "demo"', {1: "demo"}),
    ("EVENTBUSREGISTER", "EVENTBUSREGISTER", 32, 5, "EventbusRegisterListener", 'event: "TIMESTAMP" event: "MESSAGE"',
     {1: ["TIMESTAMP", "MESSAGE"]}),
    ("EVENT", "EVENT", 33, 6, "EventbusEvent",
     r"""event_json: "{\"kismet.eventbus.type\": \"X\", \"kismet.eventbus.content\": {}}" """,
     {1: '{"kismet.eventbus.type": "X", "kismet.eventbus.content": {}}'}),
    ("EVENTBUSPUBLISH", "EVENTBUSPUBLISH", 34, 7, "EventbusPublishEvent",
     r"""event_type: "DEMO" event_content_json: "{\"a\": 1}" """, {1: "DEMO", 2: '{"a": 1}'}),
    ("HTTPREGISTERURI", "HTTPREGISTERURI", 64, 8, "HttpRegisterUri", 'uri: "/x.html" method: "GET"',
     {1: "/x.html", 2: "GET"}),
    ("HTTPREQUEST", "HTTPREQUEST", 65, 9, "HttpRequest",
     'req_id: 0 uri: "/x.html" method: "POST" '
     'variable_data { field: "name" content: "J\\303\\270rgen" } variable_data { field: "" content: "" } '
     'body: "a\\000b" request_header { header: "Accept" content: "*/*" } client_address: "127.0.0.1"',
     {1: 0, 2: "/x.html", 3: "POST", 4: {"name": "J\u00f8rgen", "": ""}, 100: b"a\0b", 101: {"Accept": "*/*"},
      102: "127.0.0.1"}),
    ("HTTPREQUESTCANCEL", "HTTPREQUESTCANCEL", 66, 4294967295, "HttpRequestCancel", "req_id: 0", {1: 0}),
    ("HTTPRESPONSE", "HTTPRESPONSE", 67, 300, "HttpResponse",
     'req_id: 0 header_content { header: "X-Demo" content: "1" } content: "ok" resultcode: 404 close_response: true',
     {1: 0, 2: {"X-Demo": "1"}, 3: b"ok", 4: 404, 5: True}),
    ("HTTPRESPONSE_CONTENT", "HTTPRESPONSE", 67, 301, "HttpResponse",
     'req_id: 200 content: "' + "0123456789" * 40 + '"', {1: 200, 3: b"0123456789" * 40}),
    ("HTTPRESPONSE_NOTHING", "HTTPRESPONSE", 67, 302, "HttpResponse", "req_id: 0", {1: 0}),
    ("HTTPAUTHREQ", "HTTPAUTHREQ", 68, 10, "HttpAuthTokenRequest", "", {}),
    ("HTTPAUTH", "HTTPAUTH", 69, 11, "HttpAuthToken", 'token: "0123456789ABCDEF"', {1: "0123456789ABCDEF"}),
]


def protobuf(message, text):
    command = ["protoc", f"--encode=KismetExternal.{message}", f"-I{SCHEMA.parent}", SCHEMA.name]
    return subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


def checksum(payload):
    first = second = 0
    if len(payload) >= 4:
        for byte in payload:
            first += byte
            second += first
    return first % 65536 + 65536 * (second % 65536)


def frame_v0(frame):
    _, command, _, seqno, message, text, _ = frame
    escaped = "".join(f"\\{byte:03o}" for byte in protobuf(message, text))
    payload = protobuf("Command", f'command: "{command}" seqno: {seqno} content: "{escaped}"')
    return struct.pack(">III", 0xDECAFBAD, checksum(payload), len(payload)) + payload


def frame_v2(frame):
    _, command, _, seqno, message, text, _ = frame
    content = protobuf(message, text)
    return struct.pack(">IHHI32sI", 0xDECAFBAD, 0xABCD, 2, len(content), command.encode(), seqno) + content


def frame_v3(frame):
    _, _, number, seqno, _, _, fields = frame
    content = msgpack.packb(fields, use_bin_type=True) if fields else b""
    return struct.pack(">IHHIHHI", 0xDECAFBAD, 0xA9A9, 3, len(content), number, 1, seqno) + content


for name, make in (("v0", frame_v0), ("v2", frame_v2), ("v3", frame_v3)):
    lines = [f"{frame[0]} {frame[3]} {make(frame).hex()}\n" for frame in FRAMES]
    (HERE / f"{name}.txt").write_text("".join(lines))
