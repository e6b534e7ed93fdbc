// What usually answers at a port: proper names, the same in both languages.
const SERVICES: Record<string, string> = {
    'tcp/21': 'FTP', 'tcp/22': 'SSH', 'tcp/23': 'Telnet', 'tcp/25': 'SMTP', 'tcp/53': 'DNS', 'udp/53': 'DNS',
    'tcp/80': 'HTTP', 'tcp/81': 'HTTP', 'tcp/110': 'POP3', 'udp/123': 'NTP', 'tcp/135': 'RPC', 'udp/137': 'NetBIOS',
    'tcp/139': 'NetBIOS', 'udp/161': 'SNMP', 'tcp/389': 'LDAP', 'udp/389': 'CLDAP', 'tcp/443': 'HTTPS', 'tcp/445': 'SMB',
    'tcp/502': 'Modbus', 'tcp/1433': 'MSSQL', 'tcp/1883': 'MQTT', 'udp/1900': 'SSDP', 'tcp/2222': 'SSH', 'tcp/2323': 'Telnet',
    'tcp/2375': 'Docker', 'tcp/3306': 'MySQL', 'tcp/3389': 'RDP', 'udp/5060': 'SIP', 'tcp/5060': 'SIP', 'tcp/5432': 'PostgreSQL',
    'tcp/5555': 'ADB', 'tcp/5900': 'VNC', 'tcp/6379': 'Redis', 'tcp/7547': 'TR-069', 'tcp/8080': 'HTTP', 'tcp/8081': 'HTTP',
    'tcp/8291': 'MikroTik', 'tcp/8443': 'HTTPS', 'tcp/8545': 'Ethereum', 'tcp/9200': 'Elasticsearch', 'udp/11211': 'Memcached',
    'tcp/11211': 'Memcached', 'tcp/25565': 'Minecraft', 'tcp/27017': 'MongoDB', 'tcp/37215': 'Huawei HG532', 'tcp/52869': 'Realtek UPnP',
};

export const serviceOf = (port: string): string => SERVICES[port] ?? '';

export const portNumber = (port: string): string => port.split('/')[1] ?? port;
