/** What root in a guest tries against a restricted computer. Everything here must be refused. */
export interface Probe {
  title: string;
  do: string;
  with: readonly unknown[];
  /** What the refusal's event must hold; null: nothing leaves the guest, whose own loopback it is. */
  event: Record<string, unknown> | null;
}

/** Names and ports of the stand-in internet and of the host that the probes go for. */
export interface Aims {
  servicePort: number;
  /** A server on the host's loopback that is not among the host ports. */
  secretPort: number;
}

const probe = (title: string, verb: string, args: readonly unknown[], event: Probe["event"]): Probe => ({
  title,
  do: verb,
  with: args,
  event,
});

/** A TCP connection to an address that nothing allows. */
const tcp = (title: string, address: string, port = 80, seen = address): Probe =>
  probe(title, "tcp", [address, port], { address: seen, port, protocol: "tcp" });

/** Root leads its own loopback out: the host is asked for its. */
const loopback = (notation: string, port: number, seen = "127.0.0.1"): Probe =>
  probe(`host loopback as ${notation}`, "tcp", [notation, port, true], { address: seen, port, protocol: "tcp" });

export const probes = ({ servicePort, secretPort }: Aims): Probe[] => [
  tcp("metadata address", "169.254.169.254"),
  tcp("metadata of Alibaba", "100.100.100.200"),
  tcp("metadata of Oracle", "192.0.0.192"),
  tcp("Azure's wire server", "168.63.129.16"),
  tcp("metadata over IPv6", "fd00:ec2::254"),
  tcp("metadata, mapped", "::ffff:169.254.169.254", 80, "169.254.169.254"),
  tcp("metadata through NAT64", "64:ff9b::a9fe:a9fe"),
  tcp("metadata through 6to4", "2002:a9fe:a9fe::1"),
  loopback("127.0.0.1", secretPort),
  loopback("127.1", secretPort),
  loopback("127.8.9.10", secretPort, "127.8.9.10"),
  loopback("2130706433", secretPort),
  loopback("0x7f000001", secretPort),
  loopback("017700000001", secretPort),
  loopback("0x7f.1", secretPort),
  loopback("0177.0.0.01", secretPort),
  loopback("localhost", secretPort),
  loopback("0.0.0.0", secretPort),
  loopback("::1", secretPort, "::1"),
  loopback("::ffff:127.0.0.1", secretPort),
  probe("the guest's own loopback", "tcp", ["127.0.0.1", secretPort], null),
  tcp("the service's API at the gateway", "10.0.2.2", servicePort),
  tcp("the gateway", "10.0.2.2", secretPort),
  tcp("the service's API at the host alias", "198.18.0.1", servicePort),
  tcp("a host port that is not listed", "198.18.0.1", secretPort),
  loopback("127.0.0.1", servicePort),
  tcp("QEMU's own resolver", "10.0.2.3", 80),
  tcp("another computer", "10.0.2.16", 7000),
  tcp("another computer over IPv6", "fd76:6974:7269:6e65::16", 7000),
  tcp("RFC 1918, 10/8", "10.1.2.3"),
  tcp("RFC 1918, 172.16/12", "172.16.0.1"),
  tcp("RFC 1918, 192.168/16", "192.168.1.1"),
  tcp("CGNAT", "100.64.0.1"),
  tcp("link-local", "169.254.1.1"),
  tcp("ULA", "fd12:3456::1"),
  tcp("site-local", "fec0::1"),
  tcp("benchmark network", "198.19.0.1"),
  tcp("reserved", "240.0.0.1"),
  tcp("v4-compatible IPv6", "::10.0.0.1"),
  tcp("a public address without a name", "93.184.216.35"),
  tcp("a public address over IPv6", "2606:2800:220:1::35"),
  tcp("an address next to an allowed one", "93.184.216.33", 443),
  probe("a name that is not allowed", "http", ["http://other.example/"], { name: "other.example", protocol: "dns" }),
  probe("the apex of a wildcard", "http", ["http://wild.example/"], { name: "wild.example", protocol: "dns" }),
  probe("DNS tunnelling, TXT", "dns", ["c2VjcmV0.tunnel.example", 16], { name: "c2vjcmv0.tunnel.example", protocol: "dns" }),
  probe("DNS tunnelling over TCP", "dns", ["more.tunnel.example", 16, "198.18.0.1", "tcp"], {
    name: "more.tunnel.example",
    protocol: "dns",
  }),
  probe("DNS tunnelling through a server of one's own", "dns", ["x.tunnel.example", 1, "203.0.113.53"], {
    name: "x.tunnel.example",
    protocol: "dns",
  }),
  probe("DNS over TCP to a server of one's own", "dns", ["y.tunnel.example", 1, "8.8.8.8", "tcp"], {
    name: "y.tunnel.example",
    protocol: "dns",
  }),
  probe("DNS over IPv6", "dns", ["z.tunnel.example", 1, "2001:4860:4860::8888"], { name: "z.tunnel.example", protocol: "dns" }),
  tcp("DNS over TLS", "8.8.8.8", 853),
  probe("a name that leads to the loopback", "http", [`http://rebind.example:${secretPort}/`], { name: "rebind.example" }),
  probe("a name that leads to the metadata address", "http", ["http://metadata.example/"], { name: "metadata.example" }),
  probe("a name that leads to a private network", "http", ["http://private.example/"], { name: "private.example" }),
  probe("a name that leads to a mapped address", "resolve", ["mapped.example"], { name: "mapped.example" }),
  probe("a name that is good once and then rebinds", "http", ["http://turning.example/turn"], {
    name: "turning.example",
    rule: "rebinding",
  }),
  probe("redirect to metadata", "http", ["http://allowed.example/to-metadata"], { address: "169.254.169.254" }),
  probe("redirect to the host's loopback", "http", ["http://allowed.example/to-gateway"], { address: "10.0.2.2" }),
  probe("redirect to a name that is not allowed", "http", ["http://allowed.example/to-other"], { name: "other.example" }),
  probe("SNI that lies", "tls", ["allowed.example", 443, "other.example"], { name: "other.example", port: 443 }),
  probe("SNI of an allowed name at another's address", "tls", ["93.184.216.35", 443, "allowed.example"], {
    address: "93.184.216.35",
    port: 443,
  }),
  probe("no SNI", "tls", ["93.184.216.34", 443, null], { address: "93.184.216.34", port: 443 }),
  probe("a Host that lies", "http", ["http://allowed.example/", "other.example"], { name: "other.example", port: 80 }),
  probe("a Host that lies later", "twice", ["allowed.example", 80, "allowed.example", "other.example"], {
    name: "other.example",
    port: 80,
  }),
  probe("neither TLS nor HTTP at port 443", "tcp", ["allowed.example", 443, false, "SSH-2.0-x\r\n"], {
    address: "93.184.216.34",
    port: 443,
  }),
  probe("a port that is not allowed", "tcp", ["ported.example", 8080], { port: 8080 }),
  probe("UDP", "udp", ["93.184.216.34", 443], { protocol: "udp", address: "93.184.216.34", port: 443 }),
  probe("UDP to the gateway", "udp", ["10.0.2.2", servicePort], { protocol: "udp", address: "10.0.2.2" }),
  probe("UDP over IPv6", "udp", ["2606:2800:220:1::34", 123], { protocol: "udp", address: "2606:2800:220:1::34", port: 123 }),
  probe("TFTP of QEMU's", "udp", ["10.0.2.2", 69], { protocol: "udp", address: "10.0.2.2", port: 69 }),
  probe("ICMP", "icmp", ["93.184.216.34"], { protocol: "icmp", address: "93.184.216.34" }),
  probe("ICMP to the gateway", "icmp", ["10.0.2.2"], { protocol: "icmp", address: "10.0.2.2" }),
  probe("ICMP over IPv6", "icmp", ["2606:2800:220:1::34"], { protocol: "icmpv6", address: "2606:2800:220:1::34" }),
  probe("a raw socket, GRE", "raw", ["93.184.216.34", 47], { protocol: "47", address: "93.184.216.34" }),
  probe("a raw socket, SCTP", "raw", ["93.184.216.37", 132], { protocol: "132", address: "93.184.216.37" }),
  probe("a frame past the kernel's IP", "frame", ["93.184.216.38"], { protocol: "tcp", address: "93.184.216.38" }),
];
