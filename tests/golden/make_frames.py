#!/usr/bin/env python3
"""Writes the golden frames v0.txt and v2.txt: each command of the interface as a peer sends it.

They are made without any code of the daemon: protoc turns the texts below into messages, and this script packs headers as
proto/README.md describes them. A line is NAME SEQNO HEX. Run it again only when a command is added.
"""
import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).parent
SCHEMA = HERE.parent.parent / "proto" / "kismet_external.proto"

# Name of the frame, command, sequence number, message type, its content as protobuf text.
FRAMES = [
    ("MESSAGE", "MESSAGE", 0, "MsgbusMessage", 'msgtype: INFO msgtext: "hi"'),
    ("MESSAGE_EMPTY", "MESSAGE", 1, "MsgbusMessage", 'msgtype: ERROR msgtext: ""'),
    ("PING", "PING", 1, "Ping", ""),
    ("PONG", "PONG", 2, "Pong", "ping_seqno: 1"),
    ("SHUTDOWN", "SHUTDOWN", 3, "ExternalShutdown", 'reason: "bye"'),
    ("SYSTEMREGISTER", "SYSTEMREGISTER", 4, "SystemRegister", 'subsystem: "demo"'),
    ("EVENTBUSREGISTER", "EVENTBUSREGISTER", 5, "EventbusRegisterListener", 'event: "TIMESTAMP" event: "MESSAGE"'),
    ("EVENT", "EVENT", 6, "EventbusEvent",
     r'''event_json: "{\"kismet.eventbus.type\": \"X\", \"kismet.eventbus.content\": {}}"'''),
    ("EVENTBUSPUBLISH", "EVENTBUSPUBLISH", 7, "EventbusPublishEvent",
     r'''event_type: "DEMO" event_content_json: "{\"a\": 1}"'''),
    ("HTTPREGISTERURI", "HTTPREGISTERURI", 8, "HttpRegisterUri", 'uri: "/x.html" method: "GET"'),
    ("HTTPREQUEST", "HTTPREQUEST", 9, "HttpRequest",
     'req_id: 0 uri: "/x.html" method: "POST" '
     'variable_data { field: "name" content: "J\\303\\270rgen" } variable_data { field: "" content: "" } '
     'body: "a\\000b" request_header { header: "Accept" content: "*/*" } client_address: "127.0.0.1"'),
    ("HTTPREQUESTCANCEL", "HTTPREQUESTCANCEL", 4294967295, "HttpRequestCancel", "req_id: 0"),
    ("HTTPRESPONSE", "HTTPRESPONSE", 300, "HttpResponse",
     'req_id: 0 header_content { header: "X-Demo" content: "1" } content: "ok" resultcode: 404 close_response: true'),
    ("HTTPRESPONSE_CONTENT", "HTTPRESPONSE", 301, "HttpResponse", 'req_id: 200 content: "' + "0123456789" * 40 + '"'),
    ("HTTPRESPONSE_NOTHING", "HTTPRESPONSE", 302, "HttpResponse", "req_id: 0"),
    ("HTTPAUTHREQ", "HTTPAUTHREQ", 10, "HttpAuthTokenRequest", ""),
    ("HTTPAUTH", "HTTPAUTH", 11, "HttpAuthToken", 'token: "0123456789ABCDEF"'),
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


def frame_v0(command, seqno, content):
    escaped = "".join(f"\\{byte:03o}" for byte in content)
    payload = protobuf("Command", f'command: "{command}" seqno: {seqno} content: "{escaped}"')
    return struct.pack(">III", 0xDECAFBAD, checksum(payload), len(payload)) + payload


def frame_v2(command, seqno, content):
    return struct.pack(">IHHI32sI", 0xDECAFBAD, 0xABCD, 2, len(content), command.encode(), seqno) + content


for name, make in (("v0", frame_v0), ("v2", frame_v2)):
    lines = [f"{label} {seqno} {make(command, seqno, protobuf(message, text)).hex()}\n"
             for label, command, seqno, message, text in FRAMES]
    (HERE / f"{name}.txt").write_text("".join(lines))
