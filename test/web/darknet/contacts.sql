-- Contacts ?1 to ?2 - 1, each of an organisation of week.sql.
WITH RECURSIVE n(i) AS (SELECT ?1 WHERE ?1 < ?2 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2),
contacts(i, k) AS (SELECT i, i * i % 14 FROM n)
INSERT INTO darknet_contacts (organisation, source_ip, kind, state, first, last, packets,
    destinations, destination_port, protocol, internal, notified, explanation_json)
SELECT o.name,
    (100 + k) || '.' || (k * 7) || '.' || (scatter(i, 5) % 256) || '.' || (scatter(i, 6) % 254 + 1),
    pick(i / 4, 'scan', 'scan', 'backscatter', 'misconfiguration'),
    pick(i, 'new', 'continuing', 'ended', 'ended'), at(i * 300 % 80000), at(80000 + i % 6000),
    5000 / (i % 500 + 1) + 1, 900 / (i % 500 + 1) + 1, pick(i, 23, 445, 80, 53),
    iif(i % 4 = 3, 'udp', 'tcp'), 0, 1,
    json_object('en', json_array('An address of ' || o.name || ' looked for services in the darknet.'),
        'ja', json_array(o.name || ' のアドレスがダークネットでサービスを探しています。'))
FROM contacts JOIN darknet_organisations o ON o.rowid = k + 1;
