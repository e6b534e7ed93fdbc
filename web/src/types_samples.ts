// What the API answers of samples; docs/samples.md has the words. A report was made from hostile
// bytes: every panel may be missing.
export interface SampleRow {
    sha256: string;
    name: string;
    size: number;
    type: string | null;
    mime: string | null;
    first: string;
    last: string;
    times: number;
    kept: boolean;
    files: number;
    failed: string | null;
    packers: string[];
    threat: 'green' | 'amber' | 'red' | null;
    rules: number;
}

export interface SampleList {
    total: number;
    samples: SampleRow[];
}

export interface BoundMet {
    bound: string;
    why: string;
}

export interface Section {
    name: string;
    address: number;
    memory: number;
    offset: number;
    size: number;
    read: boolean;
    write: boolean;
    execute: boolean;
    entry: boolean;
    entropy: number;
    entropy_map: number[];
}

export interface RoutineStep {
    address: number;
    offset: number;
    size: number;
    text: string;
    jumped: boolean;
}

export interface PackerPanel {
    format: string;
    bits: number;
    packer: string; // a name, 'none', 'unknown'
    nearest: string;
    confidence: number;
    entropy: number;
    entropy_map: number[];
    sections: Section[];
    reasons: { text: string; weight: number }[];
    routine: RoutineStep[];
}

export interface YaraPanel {
    matches: {
        rule: string;
        file: string;
        description: string;
        tags: string;
        strings: { name: string; offset: number; places: number }[];
    }[];
    more: number;
    late: boolean;
}

export interface SampleFile {
    number: number;
    parent: number | null;
    depth?: number;
    path: string;
    size: number;
    sha256: string;
    sha1: string;
    md5: string;
    type?: string;
    mime?: string;
    cut?: boolean;
    outside?: boolean;
    link?: boolean;
    locked?: boolean;
    archive?: { format: string; members: number; password: boolean; bounds: BoundMet[] };
    packer?: PackerPanel;
    yara?: YaraPanel;
    apk?: ApkPanel;
    capabilities?: Capability[];
    family?: FamilyPanel;
    ioc?: { indicator: Indicator & { family: string }; seen: string[] }[];
}

export interface ApkPanel {
    form: string;
    package?: string;
    label?: string;
    version?: string;
    min_sdk?: number | null;
    target_sdk?: number | null;
    permissions?: string[];
    components?: { kind: string; name: string; exported: boolean; permission: string }[];
    signers?: { scheme: string; verified: boolean; subject: string; debug: boolean }[];
    refused?: { part: string; why: string }[];
    threat?: Light;
    vulnerability?: Light;
}

// A traffic light: what it shows, and why.
export interface Light {
    light: 'green' | 'amber' | 'red';
    probability?: number;
    reasons?: { name: string; weight: number }[]; // of the model, where there is one
    findings: { name: string; what: string; reference?: string; weight: number; evidence: string[]; more: number }[];
}

// Whose it is: a name, or 'unknown'.
export interface FamilyPanel {
    family: string;
    confidence: number;
    unknown: number;
    likely: { family: string; share: number }[];
    reasons: { text: string; weight: number }[];
    nearest: { name: string; family: string; likeness: number } | null;
}

// What a file has the means for ('able'), or was seen to do.
export interface Capability {
    capability: string;
    basis: 'able' | 'seen';
    attack: { technique: string; tactic: string }[];
    evidence: { kind: string; source: string; offset?: number; index?: number; text: string }[];
}

export interface SampleReport {
    sha256: string;
    name: string;
    size: number;
    failed?: string;
    bounds: BoundMet[];
    left_out: number;
    files: SampleFile[];
}

export interface SampleLinks {
    events: { file: number; digest: string; count: number; more: boolean; first: string; last: string; hosts: string[] }[];
    cases: { id: number; title: string; title_ja: string; file: number; digest: string }[];
    samples: { sha256: string; name: string; file: number; path: string }[];
}

export interface SampleDetail {
    sample: SampleRow;
    report: SampleReport;
    links: SampleLinks;
}

export interface Indicator {
    id: string;
    parts: { kind: string; level: string; mask: string; regex: string }[];
    why: string;
    found: number;
    found_of: number;
    spared: number;
    spared_of: number;
    clarity: number;
}

export interface IndicatorHit {
    inside: boolean; // a process of the case itself
    hit: { time: string; host: string; process: string; program: string; indicator: string; event: string };
}

export interface CaseIndicators {
    indicators: Indicator[];
    found: number;
    found_of: number;
    spared: number;
    spared_of: number;
    hits: IndicatorHit[];
    hits_total: number;
    events: number;
}
