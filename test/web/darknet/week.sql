-- A week of an invented observatory; its last day begins with at(0). make_darknet.c has the functions.

-- 144 windows of 10 min, with a day's rhythm and a storm in it.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 144),
day(i, p) AS (SELECT i, 42000 + CAST(14000 * sin(i * 6.2832 / 144) AS INTEGER) + scatter(i, 2) / 4
                        + iif(i BETWEEN 80 AND 92, 30000, 0) FROM n)
INSERT INTO darknet_windows (start, length, packets, bytes, sources, destinations, addresses,
    tcp, udp, icmp, other, investigation_packets, investigation_sources, excluded, evicted)
SELECT at(i * 600), 600000000000, p, p * 44, p / 9, 16384 - scatter(i, 1) / 100, 16384,
    p * 9 / 10, p / 14, p - p * 9 / 10 - p / 14 - p / 100, p / 100, p * 3 / 5, 40 + i % 7, 12, 0
FROM day;

-- As stores of older versions have it; it is made into blocks when the store is opened again.
CREATE TABLE darknet_counts (start INTEGER, length INTEGER, kind TEXT, name TEXT, packets INTEGER,
    sources INTEGER, PRIMARY KEY (length, start, kind, name)) WITHOUT ROWID;

-- 14 ports after Zipf; one grows in the middle of the day.
INSERT INTO darknet_counts (start, length, kind, name, packets, sources)
SELECT w.start, w.length, 'port', p.value,
    w.packets * 10 / (p.key + 3) / 24
        * iif(p.value = 'tcp/37215' AND w.start BETWEEN at(48000) AND at(55000), 12, 1),
    w.sources / (p.key + 4)
FROM darknet_windows w, json_each('["tcp/23", "tcp/22", "tcp/445", "tcp/80", "tcp/8080", "udp/53",
    "tcp/3389", "tcp/2323", "tcp/443", "udp/123", "tcp/6379", "tcp/5555", "tcp/37215", "udp/1900"]') p;

INSERT INTO darknet_counts (start, length, kind, name, packets, sources)
SELECT w.start, w.length, 'class', p.value, w.packets * 10 / (p.key * p.key + 2) / 14,
    w.sources / (p.key + 2)
FROM darknet_windows w, json_each('["scan", "mirai", "masscan", "zmap", "backscatter", "udp_scan",
    "icmp_backscatter", "investigation", "other"]') p;

INSERT INTO darknet_counts (start, length, kind, name, packets, sources)
SELECT w.start, w.length, 'mark', p.value, w.packets / (p.key * 4 + 4), w.sources / (p.key + 4)
FROM darknet_windows w, json_each('["mirai", "masscan", "zmap", "optionless"]') p;

INSERT INTO darknet_counts (start, length, kind, name, packets, sources)
SELECT w.start, w.length, 'country', p.value, w.packets / (p.key + 4) / 2, w.sources / (p.key + 4)
FROM darknet_windows w, json_each('["CN", "US", "BR", "RU", "IN", "VN", "KR", "JP", "NL"]') p;

-- Where from: more from some /8 than from others.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 700)
INSERT OR IGNORE INTO darknet_counts (start, length, kind, name, packets, sources)
SELECT w.start, w.length, 'prefix', prefix(i), w.packets / (i + 20) + 1, w.sources / (i + 30) + 1
FROM n, darknet_windows w;

-- Sources: an address, a class, its features.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 5000)
INSERT OR IGNORE INTO darknet_sources (source_ip, first, last, packets, bytes, class, score,
    destination_port, source_port, country, features_json)
SELECT address(i), at(i % 40000), at(40000 + i * 9), 60000 / (i + 1) + 1, (60000 / (i + 1) + 1) * 44,
    pick(i, 'scan', 'mirai', 'zmap', 'masscan', 'investigation', 'backscatter', 'icmp_backscatter',
         'udp_scan', 'other', 'scan', 'mirai'),
    0.5 + scatter(i, 7) / 20001.0, pick(i, 23, 22, 445, 80, 8080, 53, 3389), 1024 + i % 50000,
    pick(i, 'CN', 'US', 'BR', 'JP'),
    json_object('packets', 60000 / (i + 1) + 1, 'interval_mean', 1.5, 'interval_deviation', 0.4,
        'source_ports', 3, 'source_port_packets_mean', 4.0, 'source_port_packets_deviation', 1.1,
        'destinations', 12000 / (i + 1) + 1, 'destination_packets_mean', 1.0,
        'destination_packets_deviation', 0, 'destination_ports', 1 + i % 4,
        'destination_port_packets_mean', 9.5, 'destination_port_packets_deviation', 2.5,
        'protocols', 1, 'payload_mean', 0, 'payload_deviation', 0, 'span_mean', 5461.3,
        'span_deviation', 3860.1)
FROM n;

-- Organisations with a /16 each.
INSERT INTO darknet_organisations (name, prefixes_json, addresses)
SELECT value, json_array((100 + key) || '.' || (key * 7) || '.0.0/16'), 65536
FROM json_each('["Aoba University", "Byakko Logistics", "City of Chidori", "Daito Hospital",
    "Enoki Foods", "Fuji Instruments", "Genji Rail", "Hagi Ceramics", "Iris Insurance",
    "Jomon Museum", "Kaede Bank", "Lotus Media", "Midori Power", "Nagi Shipping"]');

-- An attack on somebody is seen by what the victim answers.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 160)
INSERT INTO darknet_episodes (victim_ip, protocol, service, start, end, packets, destinations,
    peak_rate, estimated_rate, rule, country)
SELECT address(i), iif(i % 5 = 0, 'udp', iif(i % 7 = 0, 'icmp', 'tcp')),
    pick(i, '443', '80', '53', '22', '3389', '25565'),
    at(scatter(i, 9) * 8), at(scatter(i, 9) * 8 + 60 + scatter(i, 8)),
    90000 / (i + 1) + 25, 4000 / (i + 1) + 12, 900.0 / (i + 1) + 1,
    900.0 / (i + 1) * 262144 / 60 + 4, iif(i % 4 = 3, 'rsdos', 'moore'), pick(i, 'US', 'JP', 'BR')
FROM n;

-- A week of windows; three of the last day stand out.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 1008),
windows(i, alert) AS (SELECT i, i IN (880, 940, 941) FROM n),
dense(i, alert, d) AS (SELECT i, alert, 0.012 + scatter(i, 1) / 2e6 + iif(alert, 0.09, 0) FROM windows)
INSERT INTO darknet_synchrony (start, hosts, density, densities_json, alert, ratio, ports_json,
    groups_json, explanation_json)
SELECT at(i * 600 - 6 * 86400), 180 + i % 40, d,
    json_array(json_object('rho', 0.4, 'density', d * 2), json_object('rho', 0.5, 'density', d * 1.4),
        json_object('rho', 0.6, 'density', d), json_object('rho', 0.7, 'density', d / 2),
        json_object('rho', 0.8, 'density', d / 4), json_object('rho', 0.9, 'density', d / 9)),
    alert, iif(alert, 0.91, 1.0), '[]', '{}',
    json_object('en', json_array('62 hosts sent at the same times.'),
        'ja', json_array('62ホストが同じ時刻に送信しました。'))
FROM dense;

WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 90),
hosts(i, g) AS (SELECT i, iif(i < 46, 1, iif(i < 62, 2, 0)) FROM n)
UPDATE darknet_synchrony SET
    ports_json = '[{"port": 37215, "hosts": 46, "share": 0.51}, {"port": 23, "hosts": 22, "share": 0.24}]',
    groups_json = json_object(
        'nodes', (SELECT json_group_array(json_object('name', prefix(i), 'group', g,
                'packets', 400 - i * 4,
                'x', round(0.5 + iif(g = 1, -0.22, iif(g = 2, 0.25, 0))
                     + iif(g, 0.16, 0.46) * cos(i * 2.4) * (0.4 + 0.6 * (i % 7) / 7.0), 4),
                'y', round(0.5 + iif(g = 1, 0.1, iif(g = 2, -0.15, 0))
                     + iif(g, 0.16, 0.46) * sin(i * 2.4) * (0.4 + 0.6 * (i % 7) / 7.0), 4)))
            FROM hosts),
        'edges', (SELECT json_group_array(json_array(a.i, b.i)) FROM n a JOIN n b
            ON b.i > a.i AND b.i < 62 AND (a.i < 46) = (b.i < 46) AND (a.i * 31 + b.i * 17) % 5 = 0))
WHERE alert;

-- The 17 features in the plane, three months; the last has wandered.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 6000),
points(i, k, class) AS (SELECT i, i % 3, iif(i % 3 = 1, 'backscatter', 'other') FROM n)
INSERT INTO darknet_drift (month, number, x, y, class, predicted, source_ip)
SELECT pick(i / 2000, '2024-04', '2024-05', '2024-06'), i % 2000,
    k * 18 - 24 + (i / 2000) * iif(k = 2, 9, 1.5) + 9 * cos(i * 2.4) * (scatter(i, 1) / 10000.0),
    iif(k = 1, 14, -8) + 9 * sin(i * 2.4) * (scatter(i, 1) / 10000.0), class,
    iif(scatter(i, 2) < 200, iif(k, 'other', 'backscatter'), class), '192.0.2.' || (i % 254 + 1)
FROM points;

-- Two weeks of a port by the hour, a change, and the day that is expected.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 360),
hours(i, v) AS (SELECT i, 9000 + 2500 * sin(i * 6.2832 / 24) + iif(i > 200, 4000, 0) FROM n)
INSERT INTO darknet_trends (name, time, kind, value, low, high, score)
SELECT 'tcp/23', at(i * 3600 - 13 * 86400), iif(i < 336, 'observed', 'forecast'), v,
    iif(i < 336, NULL, v * 0.8), iif(i < 336, NULL, v * 1.25), 0 FROM hours;

INSERT INTO darknet_trends (name, time, kind, value, score)
VALUES ('tcp/23', at(201 * 3600 - 13 * 86400), 'change', 4000, 0.99);

-- Flows of an office: its machines, its servers, some of the world.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 1500)
INSERT INTO livenet_flows (start, length, source_ip, destination_ip, protocol, destination_port,
    application, flows, packets, bytes, unit, internal)
SELECT at(80000), 60000000000, '10.0.' || (i % 5) || '.' || (scatter(i, 1) % 120 + 10),
    iif(i % 3, '10.0.9.' || (i % 12 + 10), replace(prefix(i), '.0.0/16', '.7.9')),
    iif(i % 6 = 0, 'udp', 'tcp'), pick(i, 443, 445, 53, 80, 389, 3389),
    pick(i, 'TLS', 'SMB', 'DNS', 'HTTP', 'LDAP', 'RDP'), 1 + i % 9, 40 + i % 700, 90000000 / (i + 3),
    pick(i, 'Sales', 'Research', 'Plant', 'Office', 'Guests'), i % 3 <> 0
FROM n;

-- Two of these machines looked where nobody is.
INSERT INTO darknet_contacts (organisation, source_ip, kind, state, first, last, packets,
    destinations, destination_port, protocol, internal, notified)
SELECT 'Aoba University', source_ip, 'scan', 'new', start, start, 9, 9, 445, 'tcp', 1, 0
FROM livenet_flows WHERE rowid IN (1, 7);
