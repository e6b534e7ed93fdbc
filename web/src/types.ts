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
