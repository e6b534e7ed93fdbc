// The cases, most urgent first. New ones slide in; nothing moves under the pointer.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from '../api';
import { caseAddress, go, traceAddress, useApp, useKeys, useLoaded, useSaid, useText } from '../app';
import { number } from '../format';
import { DayAndTime, LevelMark, Notice, Waiting } from '../parts';
import type { Case, Decision, Level, Status } from '../types';

const MOST = 7;

interface CaseList {
    cases: Case[];
    total: number;
}

const urgent = (a: Case, b: Case): number =>
    b.level - a.level || b.score - a.score || b.time_start.localeCompare(a.time_start) || a.id - b.id;

// The list with one case put in its place, or taken out when it is no longer of this list.
function withCase(list: CaseList, changed: Case, status: Status): CaseList {
    const others = list.cases.filter((item) => item.id !== changed.id);
    const was = others.length < list.cases.length;
    const is = changed.status === status;
    return {
        cases: is ? [...others, changed].sort(urgent) : others,
        total: list.total + Number(is) - Number(was),
    };
}

function matches(item: Case, search: string): boolean {
    const wanted = search.trim().toLowerCase();
    return [item.title, item.title_ja, item.summary, item.summary_ja, ...item.hosts, String(item.id)].some(
        (text) => text?.toLowerCase().includes(wanted),
    );
}

function Sums(): JSX.Element | null {
    const text = useText();
    const { summary } = useApp();
    if (!summary) {
        return null;
    }
    return (
        <p class="sums">
            <a href="#/health">{text('summary.events', { n: number(summary.events) })}</a>
            <span aria-hidden="true">→</span>
            <span>{text('summary.findings', { n: number(summary.findings) })}</span>
            <span aria-hidden="true">→</span>
            <strong>{text('summary.cases', { n: number(summary.cases_open) })}</strong>
            <span class="gap" />
            {summary.learned_days !== null && <a href="#/hosts">{text('summary.learned_days', { n: summary.learned_days })}</a>}
            {summary.lag_seconds !== null && (
                <a href="#/health">{text('summary.lag', { n: Math.round(summary.lag_seconds) })}</a>
            )}
        </p>
    );
}

interface RowProps {
    item: Case;
    before: Case | undefined;
    selected: boolean;
    fresh: boolean;
    onSelect: () => void;
}

function CaseRow({ item, before, selected, fresh, onSelect }: RowProps): JSX.Element {
    const text = useText();
    const said = useSaid();
    const row = useRef<HTMLAnchorElement>(null);
    useEffect(() => {
        if (selected) {
            row.current?.scrollIntoView({ block: 'nearest' });
        }
    }, [selected]);
    return (
        <li class={`case-row${selected ? ' selected' : ''}${fresh ? ' fresh' : ''}`}>
            <a ref={row} href={caseAddress(item.id)} onFocus={onSelect} data-case={item.id}>
                <LevelMark level={item.level} verdict={item.verdict} />
                <span class="what">
                    <span class="title">{said(item, 'title')}</span>
                    <span class="short">{said(item, 'summary')}</span>
                </span>
                <span class="where">
                    {item.hosts.length === 1 ? item.hosts[0] : text('cases.hosts', { n: item.hosts.length })}
                </span>
                <span class="many">
                    {item.finding_count === 1
                        ? text('cases.finding')
                        : text('cases.findings', { n: number(item.finding_count) })}
                </span>
                <DayAndTime at={item.time_start} before={before?.time_start} />
            </a>
        </li>
    );
}

function EmptyList({ status, filtered }: { status: Status; filtered: boolean }): JSX.Element {
    const { summary, search } = useApp();
    if (filtered) {
        return <Notice title="cases.nothing_matches" what="cases.nothing_matches_do" values={{ text: search }} />;
    }
    if (status === 'closed') {
        return <Notice title="cases.empty_closed" what="cases.empty_closed_do" />;
    }
    if (!summary?.events) {
        return <Notice title="cases.nothing_read" what="cases.nothing_read_do" />;
    }
    return <Notice title="cases.empty" what="cases.empty_do" values={{ events: number(summary.events) }} />;
}

// Changes wait while the pointer is over the list, so that nothing is clicked by mistake.
function useLiveCases(status: Status): {
    list: CaseList | null;
    loaded: ReturnType<typeof useLoaded<CaseList>>;
    waiting: Case[];
    fresh: Set<number>;
    show: () => void;
} {
    const app = useApp();
    const loaded = useLoaded<CaseList>(`/api/cases?status=${status}&limit=1000`);
    const [waiting, setWaiting] = useState<Case[]>([]);
    const [fresh, setFresh] = useState(new Set<number>());
    const current = useRef(loaded);
    current.current = loaded;

    const apply = (changes: Case[]): void => {
        const { value, set } = current.current;
        if (!value || changes.length === 0) {
            return;
        }
        const known = new Set(value.cases.map((item) => item.id));
        const next = changes.reduce((list, item) => withCase(list, item, status), value);
        current.current = { ...current.current, value: next };
        set(next);
        setFresh(new Set(changes.filter((item) => !known.has(item.id)).map((item) => item.id)));
    };
    const pausedNow = useRef(app.paused);
    pausedNow.current = app.paused;
    useEffect(
        () =>
            app.onCase((changed) => {
                if (pausedNow.current) {
                    setWaiting((old) => [...old.filter((item) => item.id !== changed.id), changed]);
                } else {
                    apply([changed]);
                }
            }),
        [status],
    );
    const show = (): void => {
        apply(waiting);
        setWaiting([]);
    };
    useEffect(() => {
        if (!app.paused) {
            show();
        }
    }, [app.paused]);
    return { list: loaded.value, loaded, waiting, fresh, show };
}

function useCaseKeys(shown: Case[], selected: number, select: (i: number) => void, decide: (decision: Decision) => void): void {
    const item = shown[selected];
    const level = (event: KeyboardEvent): void => decide({ level: Number(event.key) as Level });
    const move = (step: number) => () =>
        select(Math.max(0, Math.min(shown.length - 1, selected + step)));
    useKeys({
        j: move(1),
        k: move(-1),
        Enter: () => item && go(caseAddress(item.id)),
        t: () => item && go(traceAddress(String(item.id))),
        f: () => decide({ level: 0, verdict: 'false_positive', status: 'closed' }),
        1: level, 2: level, 3: level, 4: level,
    });
}

export function Cases({ query }: { query: URLSearchParams }): JSX.Element {
    const text = useText();
    const app = useApp();
    const status: Status = query.get('status') === 'closed' ? 'closed' : 'open';
    const all = query.get('all') === '1' || app.search.trim() !== '';
    const { list, loaded, waiting, fresh, show } = useLiveCases(status);
    const [selectedId, setSelectedId] = useState<number | null>(null);

    const found = (list?.cases ?? []).filter((item) => matches(item, app.search));
    const shown = all ? found : found.slice(0, MOST);
    const selected = shown.findIndex((item) => item.id === selectedId);
    const decide = (decision: Decision): void => {
        const item = shown[selected];
        if (item) {
            void post(`/api/cases/${item.id}`, decision).then(app.refreshSummary, loaded.reload);
        }
    };
    useCaseKeys(shown, selected, (i) => setSelectedId(shown[i]?.id ?? null), decide);
    useEffect(() => () => app.setPaused(false), []);

    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('cases.title')}</h1>
                <div class="tabs">
                    <a href="#/cases" aria-current={status === 'open' ? 'true' : undefined}>
                        {text('cases.open')}
                    </a>
                    <a href="#/cases?status=closed" aria-current={status === 'closed' ? 'true' : undefined}>
                        {text('cases.closed')}
                    </a>
                </div>
                <span class="gap" />
                {waiting.length > 0 && (
                    <button type="button" class="button" onClick={show}>
                        {text('cases.waiting', { n: waiting.length })}
                    </button>
                )}
            </div>
            {!list ? (
                <Waiting loaded={loaded} />
            ) : shown.length === 0 ? (
                <EmptyList status={status} filtered={app.search.trim() !== ''} />
            ) : (
                <ol
                    class="cases"
                    onPointerEnter={() => app.setPaused(true)}
                    onPointerLeave={() => app.setPaused(false)}
                >
                    {shown.map((item, i) => (
                        <CaseRow
                            key={item.id}
                            item={item}
                            before={shown[i - 1]}
                            selected={i === selected}
                            fresh={fresh.has(item.id)}
                            onSelect={() => setSelectedId(item.id)}
                        />
                    ))}
                </ol>
            )}
            {list && found.length > MOST && app.search.trim() === '' && (
                <a class="more" href={`#/cases?status=${status}${all ? '' : '&all=1'}`}>
                    {all ? text('cases.less') : text('cases.more', { n: number(list.total - MOST) })}
                </a>
            )}
            <Sums />
        </section>
    );
}
