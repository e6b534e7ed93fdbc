// What the API answers of the observatory; docs/api.md has the words.
export interface Now {
    newest: string | null;
    packets: number | null;
    sources: number | null;
    length: number | null;
    contacts_open: number;
}

// What an organisation's own page is told of in place of it.
export interface OwnNow {
    contacts_open: number;
}

export interface Totals {
    windows: number;
    since: string | null;
    until: string | null;
    packets: number;
    bytes: number;
    sources_most: number;
    sources_known: number;
    addresses: number;
    tcp: number;
    udp: number;
    icmp: number;
    other: number;
    investigation_packets: number;
    investigation_sources_most: number;
    excluded: number;
    evicted: number;
}

export interface Window {
    start: string;
    packets: number;
    sources: number;
    tcp: number;
    udp: number;
    icmp: number;
    other: number;
    investigation_packets: number;
    evicted: number;
}

// The strongest of a kind; `values` has its packets in each window, oldest first.
export interface Count {
    name: string;
    packets: number;
    sources: number;
    values: number[];
}

export interface Overview {
    lengths: { length: number; windows: number }[];
    length: number;
    totals: Totals;
    windows: Window[];
    ports: Count[];
    classes: Count[];
    marks: Count[];
    flags: Count[];
    countries: Count[];
    systems: Count[];
}

export interface Cell {
    name: string;
    packets: number;
    sources: number;
}

export interface SpaceAnswer {
    counted: boolean;
    cells: Cell[];
}

export interface DarknetSource {
    source_ip: string;
    first: string;
    last: string;
    packets: number;
    bytes: number;
    class: string;
    score: number | null;
    destination_port: number | null;
    source_port: number | null;
    country: string | null;
}

export interface SourcesAnswer {
    sources: DarknetSource[];
    total: number;
}

export interface SourceAnswer {
    source: DarknetSource & { features: Record<string, number> };
    episodes: Pick<Episode, 'protocol' | 'service' | 'start' | 'end' | 'packets' | 'estimated_rate' | 'rule'>[];
    contacts: Pick<Contact, 'id' | 'organisation' | 'kind' | 'state' | 'first' | 'packets'>[];
}

export interface Organisation {
    name: string;
    prefixes: string[];
    addresses: number;
    open: number;
    contacts: number;
}

export interface Contact {
    id: number;
    organisation: string;
    source_ip: string;
    kind: string;
    state: string;
    first: string;
    last: string;
    packets: number;
    destinations: number;
    destination_port: number | null;
    protocol: string;
    internal: boolean;
    notified: boolean;
    explanation: { en?: string[]; ja?: string[] };
}

export interface ContactsAnswer {
    organisations: Organisation[];
    contacts: Contact[];
    total: number;
}

export interface Episode {
    victim_ip: string;
    protocol: string;
    service: string | null;
    start: string;
    end: string;
    packets: number;
    destinations: number;
    peak_rate: number | null;
    estimated_rate: number | null;
    rule: string;
    country: string | null;
}

export interface BackscatterAnswer {
    episodes: Episode[];
    totals: { episodes: number; victims: number; since: string | null; until: string | null };
    rules: { name: string; episodes: number }[];
}

export type DriftPoint = [x: number, y: number, kind: string, predicted: string, source: string];

export interface DriftAnswer {
    months: { month: string; count: number; right: number; points: DriftPoint[] }[];
    total: number;
}

export interface SynchronyWindow {
    start: string;
    hosts: number;
    density: number | null;
    alert: boolean;
    ratio: number | null;
    drawn: boolean; // its graph is kept
}

export interface SynchronyAnswer {
    windows: SynchronyWindow[];
    total: number;
}

export interface GroupNode {
    name: string;
    group: number;
    packets: number;
    x: number;
    y: number;
}

export interface SynchronyDetail extends SynchronyWindow {
    densities: { rho: number; density: number }[];
    ports: { port: number; hosts: number; share: number }[];
    groups: { nodes?: GroupNode[]; edges?: [number, number][] };
    explanation: { en?: string[]; ja?: string[] };
}

export interface TrendPoint {
    time: string;
    kind: string;
    value: number | null;
    low: number | null;
    high: number | null;
    score: number | null;
}

export interface TrendAnswer {
    names: { name: string; kind: string; points: number; last: string; score: number | null }[];
    points: TrendPoint[];
}

export interface Flow {
    source_ip: string;
    destination_ip: string;
    protocol: string;
    destination_port: number | null;
    application: string | null;
    flows: number;
    packets: number;
    bytes: number;
    unit: string | null;
    internal: boolean;
}

interface FlowGroup {
    name: string | null;
    flows: number;
    bytes: number;
}

export interface LivenetAnswer {
    totals: { since: string | null; until: string | null; flows: number; packets: number; bytes: number };
    applications: FlowGroup[];
    units: (FlowGroup & { hosts: number })[];
    hosts: (FlowGroup & { peers: number })[];
    flows: Flow[];
    alerts: { id: number; source_ip: string; kind: string; state: string; last: string; organisation: string }[];
}
