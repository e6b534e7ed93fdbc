-- A small watched enterprise as state.db holds it; the browser tests and pictures start from it.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
INSERT INTO hosts(name, address, subnet, peer_group, first_seen, last_seen, days, learning, events)
SELECT printf('%s-%03d', CASE WHEN i < 5 THEN 'SRV' WHEN i < 15 THEN 'DEV' ELSE 'PC' END, i),
  printf('10.0.%d.%d', CASE WHEN i < 5 THEN 1 WHEN i < 15 THEN 2 ELSE 3 END, i + 10),
  CASE WHEN i < 5 THEN '10.0.1.0/24' WHEN i < 15 THEN '10.0.2.0/24' ELSE '10.0.3.0/24' END,
  CASE WHEN i < 5 THEN 'server' WHEN i < 15 THEN 'development' ELSE 'office' END,
  1717372800000000000, 1718668800000000000, 14, i = 39, 30000 + i * 137 FROM n;

WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
INSERT INTO relations(kind, host, peer, normal_days, events, first_seen, last_seen, abnormal)
SELECT 'host', h.name, s.name, 10 + (i + s.rowid) % 4, 100 + i, 1717372800000000000, 1718668800000000000, 0
FROM n JOIN hosts h ON h.rowid = i + 1 JOIN hosts s ON s.peer_group = 'server'
WHERE (i + s.rowid) % 3 <> 0;

INSERT INTO relations(kind, host, peer, normal_days, events, first_seen, last_seen, abnormal) VALUES
  ('host', 'PC-020', 'DEV-007', 0, 4, 1718619180000000000, 1718619900000000000, 1),
  ('host', 'DEV-007', 'SRV-002', 0, 2, 1718620200000000000, 1718620260000000000, 1);

INSERT INTO cases(id, level, status, verdict, owner, time_start, time_end, opened, hosts, title,
  title_ja, summary, summary_ja, score, updated) VALUES
 (1, 4, 'open', 'unknown', '', 1718618400000000000, 1718620260000000000, 1718618520000000000,
  '["PC-020","DEV-007","SRV-002"]',
  'PowerShell from a document on PC-020 reached DEV-007 and SRV-002',
  'PC-020 の文書から起動した PowerShell が DEV-007 と SRV-002 に到達',
  'Somebody runs commands on PC-020 and moved on to two servers; no host ever did that (0 of 560 host-days).',
  '何者かが PC-020 でコマンドを実行し、サーバー 2 台へ移動しました。過去 560 ホスト日で一度もない動きです。', 0.99, 1),
 (2, 3, 'open', 'unknown', '', 1718604000000000000, 1718604600000000000, 1718604300000000000,
  '["PC-031"]', 'New program on PC-031 talks to an address nobody talks to',
  'PC-031 の新しいプログラムが、誰も通信しない宛先と通信',
  'A program first seen today on PC-031 sends to 203.0.113.9 (0 of 560 host-days).',
  '今日初めて見たプログラムが PC-031 から 203.0.113.9 へ送信しています(560 ホスト日で 0 回)。', 0.83, 2),
 (3, 1, 'open', 'unknown', '', 1718593200000000000, 1718593260000000000, 1718593260000000000,
  '["DEV-011"]', 'An administrator''s tool ran on DEV-011',
  'DEV-011 で管理者用ツールが実行された',
  'PsExec ran on DEV-011, where it ran on 2 of 140 host-days.',
  'PsExec が DEV-011 で実行されました(140 ホスト日のうち 2 日)。', 0.41, 3);

INSERT INTO findings(id, detector, time_start, time_end, score, level, host, process_entity_id,
  title, title_ja, explanation, explanation_ja, observables, evidence, attack, case_id) VALUES
 ('00000000000000a1', 'normal', 1718618400000000000, 1718618520000000000, 0.97, 4, 'PC-020', 'p-100',
  'winword.exe started powershell.exe', 'winword.exe が powershell.exe を起動',
  '["winword.exe started powershell.exe on PC-020; on no host did it ever (0 of 560 host-days).","Its command line hides the window and downloads a script."]',
  '["PC-020 で winword.exe が powershell.exe を起動しました。どのホストでも前例がありません(560 ホスト日で 0 回)。","コマンドラインはウィンドウを隠し、スクリプトをダウンロードします。"]',
  '[{"type":"process","value":"p-100"},{"type":"ip","value":"203.0.113.9"},{"type":"hash","value":"5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"}]',
  '["1:0","1:420"]', '["T1059.001","T1566.001"]', 1),
 ('00000000000000a2', 'normal', 1718619180000000000, 1718619900000000000, 0.99, 4, 'PC-020', 'p-100',
  'PC-020 reached DEV-007 by WinRM', 'PC-020 が DEV-007 に WinRM で接続',
  '["powershell.exe on PC-020 connected to DEV-007:5985.","No office PC ever reached a development host this way (0 of 350 host-days)."]',
  '["PC-020 の powershell.exe が DEV-007:5985 に接続しました。","事務用 PC から開発ホストへのこの接続は前例がありません(350 ホスト日で 0 回)。"]',
  '[{"type":"host","value":"DEV-007"},{"type":"process","value":"p-100"}]', '["1:840"]', '["T1021.006"]', 1),
 ('00000000000000a3', 'normal', 1718620200000000000, 1718620260000000000, 0.95, 4, 'DEV-007', 'p-200',
  'A Run key was written on DEV-007', 'DEV-007 で Run キーが書き込まれた',
  '["wsmprovhost.exe wrote HKCU\\\\…\\\\Run\\\\updater (0 of 140 host-days in development)."]',
  '["wsmprovhost.exe が HKCU\\\\…\\\\Run\\\\updater に書き込みました(開発部門の 140 ホスト日で 0 回)。"]',
  '[{"type":"registry","value":"hkcu\\\\software\\\\microsoft\\\\windows\\\\currentversion\\\\run\\\\updater"}]',
  '["1:1260"]', '["T1547.001"]', 1),
 ('00000000000000b1', 'normal', 1718604000000000000, 1718604600000000000, 0.83, 3, 'PC-031', 'p-300',
  'tool.exe sends to 203.0.113.9', 'tool.exe が 203.0.113.9 に送信',
  '["tool.exe was first seen 4 minutes before.","No host ever talked to 203.0.113.9 (0 of 560 host-days)."]',
  '["tool.exe は 4 分前に初めて現れました。","203.0.113.9 と通信したホストはありません(560 ホスト日で 0 回)。"]',
  '[{"type":"ip","value":"203.0.113.9"}]', '["1:1680"]', '["T1071.001"]', 2),
 ('00000000000000c1', 'normal', 1718593200000000000, 1718593260000000000, 0.41, 1, 'DEV-011', 'p-400',
  'psexec.exe ran on DEV-011', 'DEV-011 で psexec.exe が実行された',
  '["psexec.exe ran on DEV-011 on 2 of 140 host-days before."]',
  '["DEV-011 で psexec.exe は 140 ホスト日のうち 2 日だけ実行されています。"]',
  '[{"type":"file","value":"c:\\\\tools\\\\psexec.exe"}]', '["1:2100"]', '[]', 3);

INSERT INTO sources(id, path, format, size, offset, read, kept, refused, reasons,
  clock_disagreements, clock_used, done) VALUES
 (1, 'logs/sysmon.ndjson.zst', 'sysmon-json', 104857600, 104857600, 1203551, 1203548, 3,
  '{"not JSON":2,"no time":1}', 412, '@timestamp', 1),
 (2, 'logs/security.evtx', 'evtx', 20971520, 9000000, 48210, 48210, 0, '{}', 0, 'event', 0);

INSERT INTO health(name, value, text) VALUES
 ('events_total', 1251758, ''), ('events_per_second', 284120, ''), ('lag_seconds', 0.4, ''),
 ('late_events', 17, ''), ('memory_bytes', 312000000, ''), ('memory_limit_bytes', 2147483648, ''),
 ('queue_depth', 2, ''), ('relations_held', 184220, ''), ('relations_evicted', 0, ''),
 ('hosts_learning', 1, ''), ('hosts_total', 40, ''), ('learned_until', 1718582400000000000, ''),
 ('threshold', 0.37, ''), ('budget', 0.05, '');
