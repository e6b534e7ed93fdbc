// A small sample of alerts and the traffic of two of them, written here: what the board's test and
// its pictures are made of.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SERVER = '10.20.0.80';
export const START = Date.UTC(2026, 0, 12, 3, 0, 0); // ms
const SCANNERS = 12;
const QUIET = 30;

const ipOf = (text) => Buffer.from(text.split('.').map(Number));

function checksum(data) {
    let sum = 0;
    for (let i = 0; i < data.length; i += 2) {
        sum += data.readUInt16BE(i);
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum & 0xffff;
}

function packet(from, to, ports, sequence, acknowledged, flags, payload) {
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(ports[0], 0);
    tcp.writeUInt16BE(ports[1], 2);
    tcp.writeUInt32BE(sequence, 4);
    tcp.writeUInt32BE(acknowledged, 8);
    tcp.writeUInt16BE(0x5000 | flags, 12);
    tcp.writeUInt16BE(64240, 14);
    const length = tcp.length + payload.length;
    const pseudo = Buffer.concat([ipOf(from), ipOf(to), Buffer.from([0, 6, length >> 8, length & 255]), tcp, payload, Buffer.alloc(length % 2)]);
    tcp.writeUInt16BE(checksum(pseudo), 16);
    const ip = Buffer.alloc(20);
    ip.writeUInt16BE(0x4500, 0);
    ip.writeUInt16BE(20 + length, 2);
    ip.writeUInt16BE(0x4006, 8);
    ipOf(from).copy(ip, 12);
    ipOf(to).copy(ip, 16);
    ip.writeUInt16BE(checksum(ip), 10);
    const ethernet = Buffer.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    return Buffer.concat([ethernet, ip, tcp, payload]);
}

const SYN = 2;
const ACK = 16;
const PUSH = 24;
const FIN = 17;

// One connection with one request and its answer.
function exchange(client, port, at, target, answer) {
    const request = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/8\r\n\r\n`);
    const reply = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`);
    const none = Buffer.alloc(0);
    const out = [client, SERVER, [port, 80]];
    const back = [SERVER, client, [80, port]];
    return [
        [at, packet(...out, 1000, 0, SYN, none)],
        [at + 1, packet(...back, 5000, 1001, SYN | ACK, none)],
        [at + 2, packet(...out, 1001, 5001, ACK, none)],
        [at + 3, packet(...out, 1001, 5001, PUSH, request)],
        [at + 20, packet(...back, 5001, 1001 + request.length, PUSH, reply)],
        [at + 21, packet(...out, 1001 + request.length, 5001 + reply.length, FIN, none)],
        [at + 22, packet(...back, 5001 + reply.length, 1002 + request.length, FIN, none)],
    ];
}

function pcap(packets) {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(262144, 16);
    header.writeUInt32LE(1, 20);
    return Buffer.concat([header, ...packets.flatMap(([at, data]) => {
        const record = Buffer.alloc(16);
        record.writeUInt32LE(Math.floor(at / 1000), 0);
        record.writeUInt32LE((at % 1000) * 1000, 4);
        record.writeUInt32LE(data.length, 8);
        record.writeUInt32LE(data.length, 12);
        return [record, data];
    })]);
}

export function eve(at, source, port, name, severity, id = 2000001) {
    return JSON.stringify({
        timestamp: new Date(at).toISOString(), event_type: 'alert', src_ip: source, src_port: port, dest_ip: SERVER, dest_port: 80, proto: 'TCP',
        alert: { gid: 1, signature_id: id, rev: 1, signature: name, category: 'Web Application Attack', severity },
    });
}

const PAYLOAD = encodeURIComponent('127.0.0.1;id');
const ID = 'uid=33(www-data) gid=33(www-data) groups=33(www-data)';
const SCRIPT = '<script>alert(1)</script>';
const EXECUTED = 'LOCAL Command injection in a parameter';

// FOLDER/alerts.json and FOLDER/traffic.pcap; what is in them is told by the test.
export function writeSample(folder) {
    const lines = [
        eve(START + 5, '203.0.113.5', 40001, EXECUTED, 1),
        eve(START + 60005, '203.0.113.6', 40002, EXECUTED, 1),
        eve(START + 70005, '203.0.113.7', 40003, 'LOCAL Script in a parameter', 1, 2000005),
        ...[0, 1, 2].map((i) => eve(START + 1000 * i, '198.51.100.7', 41000 + i, 'LOCAL Scan for management pages', 2, 2000002)),
        ...Array.from({ length: SCANNERS }, (_, i) => eve(START + 90000 + 1000 * i, `198.51.100.${20 + i}`, 42000, 'LOCAL Suspicious user agent', 1 + (i % 2), 2000003)),
        ...Array.from({ length: QUIET }, (_, i) => eve(START + 200000 + 1000 * i, `192.0.2.${10 + i}`, 43000, 'LOCAL Outdated client', 3, 2000004)),
    ];
    const packets = [
        ...exchange('203.0.113.5', 40001, START, `/ping?host=${PAYLOAD}`, `<pre>PING 127.0.0.1\n${ID}\n</pre>`),
        // Somebody else saw the page say again what was looked for.
        ...exchange('203.0.113.9', 40009, START + 50000, '/search?q=shoes', '<p>Nothing was found for shoes</p>'),
        ...exchange('203.0.113.6', 40002, START + 60000, `/search?q=${PAYLOAD}`, '<p>Nothing was found for 127.0.0.1;id</p>'),
    ];
    packets.push(...exchange('203.0.113.7', 40003, START + 70000, `/search?q=${encodeURIComponent(SCRIPT)}`, '<p>Nothing was found for &lt;script&gt;alert(1)&lt;/script&gt;</p>'));
    writeFileSync(join(folder, 'alerts.json'), `${lines.join('\n')}\n`);
    writeFileSync(join(folder, 'traffic.pcap'), pcap(packets));
    return { alerts: lines.length, groups: 4 + SCANNERS + QUIET };
}
