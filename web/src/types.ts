// What the API answers; docs/api.md has the words.
export type Level = 0 | 1 | 2 | 3 | 4;
export type Verdict = 'unknown' | 'true_positive' | 'false_positive';
export type Status = 'open' | 'closed';

export interface Summary {
    events: number;
    findings: number;
    cases_open: number;
    cases_closed: number;
    hosts: number;
    learning_hosts: number;
    learned_days: number | null;
    learned_until: string | null;
    newest: string | null;
    lag_seconds: number | null;
    version: string;
}

export interface Case {
    id: number;
    level: Level;
    level_proposed: Level;
    status: Status;
    verdict: Verdict;
    owner: string | null;
    time_start: string;
    time_end: string;
    opened: string;
    hosts: string[];
    title: string;
    title_ja: string;
    summary: string;
    summary_ja: string;
    score: number;
    finding_count: number;
}

export interface Observable {
    type: string;
    value: string;
}

export interface Finding {
    id: string;
    detector: string;
    time_start: string;
    time_end: string;
    score: number;
    level: Level;
    host: string;
    process_entity_id: string;
    title: string;
    title_ja: string;
    explanation: string[];
    explanation_ja: string[];
    observables: Observable[];
    evidence: string[];
    attack: string[];
}

export interface TimelineItem {
    time: string;
    host: string;
    level: Level;
    text: string;
    text_ja: string;
    finding_id: string;
}

export interface NextStep {
    text: string;
    text_ja: string;
    trace?: string;
    sql?: string;
}

export interface Note {
    id: number;
    time: string;
    author: string;
    text: string;
}

export interface CaseDetail {
    case: Case;
    findings: Finding[];
    timeline: TimelineItem[];
    notes: Note[];
    next: NextStep[];
}

export interface Decision {
    level?: Level;
    status?: Status;
    verdict?: Verdict;
    owner?: string;
    note?: string;
}

export interface Host {
    name: string;
    address: string | null;
    subnet: string | null;
    peer_group: string | null;
    first_seen: string;
    last_seen: string;
    days: number;
    learning: boolean;
    events: number;
    cases_open: number;
}

export interface HostLinkRow {
    from: string;
    to: string;
    events: number;
    days: number;
    abnormal: boolean;
    first_seen: string | null;
    last_seen: string | null;
}

export interface HostsAnswer {
    hosts: Host[];
    links: HostLinkRow[];
    links_total: number;
}

export interface Relation {
    relation: string;
    subject: string;
    object: string;
    days: number;
    host_days: number | null;
    events: number;
    abnormal: boolean;
}

export interface HostAnswer {
    host: Host;
    normal: Relation[];
    cases: Case[];
}

export type ThingType = 'process' | 'file' | 'registry' | 'ip' | 'domain' | 'hash' | 'user' | 'host' | 'service';

export interface TraceNode {
    id: number;
    type: ThingType;
    entity_id: string;
    name: string;
    host: string;
    time: string | null;
    side: -1 | 0 | 1;
    weight: number;
    x: number;
    y: number;
}

export interface TraceEdge {
    from: number;
    to: number;
    relation: string;
    time: string | null;
    inferred: boolean;
    event: string;
}

export interface TraceLane {
    host: string;
    top: number;
    rows: number;
}

export interface Trace {
    nodes: TraceNode[];
    edges: TraceEdge[];
    lanes: TraceLane[];
    truncated: boolean;
    visited: number;
}

export type EventRow = Record<string, string | number | null>;

export type Cell = string | number | null;

export interface HuntAnswer {
    columns: string[];
    rows: Cell[][];
    truncated: boolean;
    seconds: number;
}

export interface Stage {
    name: 'observe' | 'detect' | 'triage' | 'store';
    rate: number | null;
    lag: number | null;
    dropped: number;
    in: number;
    out: number;
}

export interface Source {
    id: number;
    path: string;
    format: string;
    size: number;
    offset: number;
    read: number;
    kept: number;
    refused: number;
    reasons: Record<string, number>;
    clock_disagreements: number;
    clock_used: string;
    done: boolean;
}

export interface Health {
    stages: Stage[];
    values: Record<string, number | string | null>;
    sources: Source[];
    learning: { name: string; days: number }[];
}
