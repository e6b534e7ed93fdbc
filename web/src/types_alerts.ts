// What the triage board's part of the API answers; docs/api.md.
import type { Level } from './types';

export type Outcome = 'success' | 'failed' | 'unknown' | 'benign';
export type Reason = 'success' | 'failed' | 'benign' | 'raised' | 'filtered' | 'level' | 'new' | 'routine' | 'severity' | 'untold';
export type BoardState = 'shown' | 'held' | 'decided';

export interface AlertGroup {
    id: number;
    first: string;
    last: string;
    count: number;
    severity: number | null; // 1 the highest
    sensor: string | null;
    rule_id: string | null;
    rule_name: string | null;
    category: string | null;
    host: string | null;
    host_ip: string | null;
    source_ip: string | null;
    destination_ip: string | null;
    destination_port: number | null;
    outcome: Outcome | null;
    class: string | null;
    confidence: number | null;
    judged: number; // members
    priority: Level;
    reason: Reason;
    state: BoardState;
    level: Level | null;
    analyst: string | null;
    decided: string | null;
    novelty: number | null; // 2: one group in a hundred; null: nothing is known to compare with yet
    cut: number | null; // novelty the alert budget wants
    level_proposed: Level | null;
    share: number | null; // its probability
    side: 'filtered' | 'kept' | 'raised' | null;
}

export interface BoardCounts {
    alerts: number;
    groups: number;
    shown: number;
    held: number;
    decided: number;
    alerts_shown: number;
    alerts_held: number;
}

export interface Board {
    counts: BoardCounts;
    held: { reason: Reason; severity: number | null; groups: number; alerts: number }[];
    groups: AlertGroup[];
}

export interface Proof {
    trace?: string; // all or none of these: a verdict may have a reason only
    command?: string;
    expected?: string;
    found?: string;
    packet?: number;
    offset?: number;
    reason?: string;
    reason_ja?: string;
}

export interface ModelReason {
    feature: string;
    share: number;
    en: string;
    ja: string;
}

export interface GroupDetail {
    group: AlertGroup;
    models: { novelty: ModelReason[]; level: ModelReason[] }[]; // none, or one
    verdicts: { alert: number; outcome: Outcome; class: string; confidence: number | null; proof: Proof | null }[];
    decisions: { level: Level | null; analyst: string; time: string; note: string | null }[];
    members: {
        alert: number;
        time: string;
        source_port: number;
        destination_port: number;
        http_method?: string;
        http_host?: string;
        url?: string;
        user_agent?: string;
        user_name?: string;
        message?: string;
        payload?: string;
    }[];
}

export interface Burst {
    burst: number;
    first: string;
    last: string;
    groups: number;
    count: number; // alerts
    rules: number;
    destinations: number;
    source_ip?: string;
    host_name?: string;
    class?: string;
    rule_name?: string;
}

export interface BurstGroup {
    group: number;
    first: string;
    count: number;
    rule_name?: string;
    destination_ip?: string;
    destination_port?: number;
}

export interface Period {
    period: string;
    groups: number;
    alerts: number;
    succeeded: number;
    level_4: number;
    level_3: number;
    level_2: number;
    level_1: number;
    false_positives: number;
    undecided: number;
    held: number; // of the undecided
}
