# Runs in the guest as root: tries each probe of the list on stdin, and prints what came of it.
import json, socket, ssl, struct, sys, urllib.request

MARK = 36  # SO_MARK: a mark of 1 leads a packet out through the proxy, also one for the guest's own addresses
WAIT = 15

def stream(host, port, mark=False):
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    s = socket.socket(family, kind, proto)
    s.settimeout(WAIT)
    if mark: s.setsockopt(socket.SOL_SOCKET, MARK, 1)
    s.connect(address)
    return s

def tcp(host, port, mark=False, data="GET / HTTP/1.0\r\nHost: probe\r\n\r\n"):
    s = stream(host, port, mark)
    s.sendall(data.encode())
    return s.recv(200).decode("latin1")

def tls(host, port, name):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    s = context.wrap_socket(stream(host, port), server_hostname=name)
    s.sendall(b"GET / HTTP/1.0\r\nHost: probe\r\n\r\n")
    return s.recv(200).decode("latin1")

def http(url, host=None):
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    return urllib.request.urlopen(request, timeout=WAIT).read(200).decode("latin1")

def twice(host, port, first, second):
    # Two requests on one connection, the second for another host.
    s = stream(host, port)
    answers = ""
    for name in (first, second):
        s.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
        chunk = s.recv(500)
        if not chunk: raise OSError("closed after: " + answers[:20])
        answers = chunk.decode("latin1")
    return answers

def udp(host, port):
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    s = socket.socket(family, kind, proto)
    s.settimeout(3)
    s.connect(address)
    s.send(b"probe")
    return s.recv(200).decode("latin1")

def icmp(host):
    six = ":" in host
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, 58 if six else 1)
    s.settimeout(3)
    s.sendto(struct.pack("!BBHHH", 128 if six else 8, 0, 0xf7fd, 1, 1), (host, 0))
    while True:
        answer, peer = s.recvfrom(200)
        if peer[0] == host: return "answer from " + host

def raw(host, protocol):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
    s.settimeout(3)
    s.sendto(b"\x12\x34\x01\xbb" + bytes(16), (host, 0))
    return "sent: " + s.recv(100).hex()

def frame(host):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind(("eth0", 0))
    s.settimeout(3)
    s.send(bytes.fromhex("525500000202" + "525400123456" + "0800") + bytes.fromhex("4500002800010000400600000a00020f") + socket.inet_aton(host) + struct.pack("!HHIIBBHHH", 1234, 80, 1, 0, 0x50, 2, 1024, 0, 0))
    while True:
        if socket.inet_aton(host) in s.recv(2000)[26:30]: return "answer"

def dns(name, kind=1, server="198.18.0.1", over="udp"):
    question = struct.pack("!HHHHHH", 77, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0" + struct.pack("!HH", kind, 1)
    if over == "tcp":
        s = stream(server, 53)
        s.sendall(struct.pack("!H", len(question)) + question)
        answer = s.recv(2000)[2:]
    else:
        s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(WAIT)
        s.sendto(question, (server, 53))
        answer = s.recv(2000)
    code, answers = answer[3] & 15, struct.unpack("!H", answer[6:8])[0]
    if code != 0 or answers == 0: raise OSError(f"rcode {code}, {answers} answers")
    return f"{answers} answers"

def resolve(name):
    return str(socket.getaddrinfo(name, 80)[0][4])

for probe in json.load(sys.stdin):
    try:
        said = {"reached": True, "said": globals()[probe["do"]](*probe["with"])}
    except Exception as error:
        said = {"reached": False, "said": f"{type(error).__name__}: {error}"}
    print(json.dumps(said), flush=True)
