-- The window that is ?1 + 1 after week.sql's last.
INSERT INTO darknet_windows (start, length, packets, bytes, sources, destinations, addresses,
    tcp, udp, icmp, other, investigation_packets, investigation_sources, excluded, evicted)
SELECT at((144 + ?1) * 600), 600000000000, 1000000 + ?1, 1, 5000, 9, 16384, 1, 1, 1, 1, 1, 1, 0, 0;
