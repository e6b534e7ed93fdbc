// The triage board: groups of alerts, the most urgent first; proof beside them, decided by one key.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from '../api';
import { go, useApp, useGathered, useKeys, useText } from '../app';
import { number } from '../format';
import { DayAndTime, Key, Notice, Waiting } from '../parts';
import type { MessageKey } from '../text';
import type { Level } from '../types';
import type { AlertGroup, Board, BoardCounts, BoardState, Outcome, Reason } from '../types_alerts';
import { Bursts } from './alert_bursts';
import { AlertProof } from './alert_proof';
import { Report } from './alert_report';

const SHOWN = 200;
const SAMPLE = 12;

type Kind = BoardState | 'sample';

// SUCCESS filled, FAILED hollow, UNKNOWN dashed: shape as well as colour.
export function OutcomeMark({ outcome }: { outcome: Outcome | null }): JSX.Element {
    const text = useText();
    return (
        <span class={`outcome outcome-${outcome ?? 'none'}`}>
            <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="4.5" /></svg>
            {text(`outcome.${outcome ?? 'none'}`)}
        </span>
    );
}

// The number a reason speaks of.
export const reasonNumber = (group: { reason: Reason; severity: number | null; level_proposed?: Level | null }): number =>
    (group.reason === 'level' ? group.level_proposed : group.severity) ?? 0;

const addressOf = (kind: Kind, id?: number): string => `#/alerts${id ? `/${id}` : ''}${kind === 'shown' ? '' : `?show=${kind}`}`;

function Counts({ counts, kind }: { counts: BoardCounts; kind: Kind }): JSX.Element {
    const text = useText();
    const share = counts.alerts ? (100 * counts.alerts_held) / counts.alerts : 0;
    return (
        <p class="sums counts">
            <span>{text('alerts.alerts', { n: number(counts.alerts) })}</span>
            <span aria-hidden="true">→</span>
            <span>{text('alerts.groups', { n: number(counts.groups) })}</span>
            <span aria-hidden="true">→</span>
            <a href={addressOf('shown')} aria-current={kind === 'shown' ? 'true' : undefined}><strong>{text('alerts.to_see', { n: number(counts.shown) })}</strong></a>
            <span class="gap" />
            <a href={addressOf('held')}>{text('alerts.held_back', { n: number(counts.held), share: share.toFixed(1) })}</a>
            <a href={addressOf('decided')}>{text('alerts.decided_n', { n: number(counts.decided) })}</a>
        </p>
    );
}

function Held({ board, kind, again }: { board: Board; kind: Kind; again: () => void }): JSX.Element {
    const text = useText();
    return (
        <div class="held">
            <p>
                {text('alerts.held_why')}{' '}
                {board.held.map((item) => `${text(`alerts.why_${item.reason}`, { n: item.severity ?? 0 })}: ${number(item.groups)}`).join(' · ')}
            </p>
            <p class="line">
                <a class="button" href={addressOf(kind === 'sample' ? 'held' : 'sample')}>{text(kind === 'sample' ? 'alerts.all_held' : 'alerts.sample', { n: SAMPLE })}</a>
                {kind === 'sample' && <button type="button" class="button" onClick={again}>{text('alerts.another_sample')}</button>}
            </p>
        </div>
    );
}

interface RowProps {
    group: AlertGroup;
    before: AlertGroup | undefined;
    current: boolean;
    chosen: boolean;
    onChoose: (chosen: boolean) => void;
    onOpen: () => void;
}

function Row({ group, before, current, chosen, onChoose, onOpen }: RowProps): JSX.Element {
    const text = useText();
    const row = useRef<HTMLTableRowElement>(null);
    const name = group.rule_name || group.rule_id || group.category || `#${group.id}`;
    const level = group.level ?? group.priority;
    useEffect(() => {
        if (current) {
            row.current?.scrollIntoView({ block: 'nearest' });
        }
    }, [current]);
    return (
        <tr ref={row} class={`row${current ? ' selected' : ''}`} data-group={group.id} aria-selected={chosen} onClick={onOpen}>
            <td class="choose" onClick={(event) => event.stopPropagation()}>
                <input type="checkbox" aria-label={text('alerts.choose', { name })} checked={chosen} onChange={(event) => onChoose(event.currentTarget.checked)} />
            </td>
            <td><span class={`level level-${level}`} title={text(`alerts.why_${group.reason}`, { n: reasonNumber(group) })}>L{level}</span></td>
            <td><DayAndTime at={group.last} before={before?.last} /></td>
            <td class="alert-name"><a href={`#/alerts/${group.id}`} onClick={(event) => event.preventDefault()}>{name}</a> {group.count > 1 && <span class="dim">×{number(group.count)}</span>}</td>
            <td>{group.source_ip ?? ''}</td>
            <td>{group.destination_ip ?? group.host ?? group.host_ip ?? ''}{group.destination_port ? <span class="dim">:{group.destination_port}</span> : null}</td>
            <td><OutcomeMark outcome={group.outcome} /></td>
            <td class="number">{group.novelty === null ? <span class="dim">–</span> : <span class={group.cut !== null && group.novelty >= group.cut ? 'new' : 'dim'}>{group.novelty.toFixed(2)}</span>}</td>
        </tr>
    );
}

const COLUMNS: MessageKey[] = ['alerts.priority', 'alerts.time', 'alerts.alert', 'alerts.from', 'alerts.to', 'alerts.verdict'];

interface TableProps {
    groups: AlertGroup[];
    current: number;
    chosen: Set<number>;
    setChosen: (chosen: Set<number>) => void;
    open: (group: AlertGroup) => void;
}

function Table({ groups, current, chosen, setChosen, open }: TableProps): JSX.Element {
    const text = useText();
    const all = groups.length > 0 && groups.every((group) => chosen.has(group.id));
    const choose = (id: number, on: boolean): void => {
        const next = new Set(chosen);
        next[on ? 'add' : 'delete'](id);
        setChosen(next);
    };
    return (
        <div class="table-frame" tabIndex={0} role="group" aria-label={text('alerts.title')}>
            <table class="board">
                <thead>
                    <tr>
                        <th class="choose"><input type="checkbox" aria-label={text('alerts.choose_all')} checked={all} onChange={() => setChosen(new Set(all ? [] : groups.map((group) => group.id)))} /></th>
                        {COLUMNS.map((column) => <th key={column}>{text(column)}</th>)}
                        <th class="number" title={text('alerts.novelty_what')}>{text('alerts.novelty')}</th>
                    </tr>
                </thead>
                <tbody>
                    {groups.map((group, i) => (
                        <Row
                            key={group.id}
                            group={group}
                            before={groups[i - 1]}
                            current={i === current}
                            chosen={chosen.has(group.id)}
                            onChoose={(on) => choose(group.id, on)}
                            onOpen={() => open(group)}
                        />
                    ))}
                </tbody>
            </table>
        </div>
    );
}

const analystOf = (): string => localStorage.getItem('hinomi.analyst') ?? '';

function Analyst(): JSX.Element {
    const text = useText();
    return (
        <label class="analyst-name small dim">
            {text('alerts.analyst')}
            <input value={analystOf()} maxLength={100} autocomplete="off" spellcheck={false} onInput={(event) => localStorage.setItem('hinomi.analyst', event.currentTarget.value)} />
        </label>
    );
}

// What was decided here last: each is undone by taking the word back, or giving the one before again.
interface Done {
    groups: { id: number; level: Level | null }[];
    level: Level | null;
}

interface Decider {
    done: Done[];
    failed: string;
    decide: (groups: AlertGroup[], level: Level, note?: string) => Promise<void>;
    undo: () => Promise<void>;
}

function useDecider(reload: () => void): Decider {
    const app = useApp();
    const [done, setDone] = useState<Done[]>([]);
    const [failed, setFailed] = useState('');
    const busy = useRef(Promise.resolve());
    const tell = (groups: number[], level: Level | null, note = ''): Promise<void> =>
        post('/api/alerts/decisions', { groups, level, analyst: analystOf(), note }).then(() => undefined);
    // One after the other: a key that is pressed twice must not overtake itself.
    const after = (work: () => Promise<void>): Promise<void> =>
        (busy.current = busy.current.then(work).then(() => setFailed(''), (error: unknown) => setFailed(String(error))).then(() => {
            reload();
            app.refreshBoard();
        }));
    const decide = (groups: AlertGroup[], level: Level, note?: string): Promise<void> =>
        after(async () => {
            await tell(groups.map((group) => group.id), level, note);
            setDone((old) => [...old, { groups: groups.map((group) => ({ id: group.id, level: group.level })), level }]);
        });
    const undo = (): Promise<void> =>
        after(async () => {
            const last = done[done.length - 1];
            for (const level of new Set(last?.groups.map((group) => group.level))) {
                await tell(last!.groups.filter((group) => group.level === level).map((group) => group.id), level);
            }
            setDone((old) => old.slice(0, -1));
        });
    return { done, failed, decide, undo };
}

function Decide({ chosen, decider, decideAll }: { chosen: number; decider: Decider; decideAll: (level: Level) => void }): JSX.Element {
    const text = useText();
    const last = decider.done[decider.done.length - 1];
    return (
        <div class="line decide-bar">
            <span class="choices" role="group" aria-label={text('level.set')}>
                {([0, 1, 2, 3, 4] as Level[]).map((level) => (
                    <button key={level} type="button" class={`level-${level}`} title={text(`level.${level}`)} onClick={() => decideAll(level)}>
                        {level === 0 ? text('alerts.false_positive') : `L${level}`} <Key name={String(level)} />
                    </button>
                ))}
            </span>
            {chosen > 0 && <span class="chip">{text('alerts.chosen', { n: number(chosen) })}</span>}
            <span class="dim small done" role="status">
                {last && text('alerts.done', { n: number(last.groups.length), level: last.level === 0 ? text('level.0') : `L${last.level}` })}
            </span>
            {last && <button type="button" class="quiet" onClick={() => void decider.undo()}>{text('alerts.undo')} <Key name="u" /></button>}
            {decider.failed && <span class="failure">{decider.failed}</span>}
            <span class="gap" />
            <Analyst />
        </div>
    );
}

// The row that keys act on, followed by its id: the next one takes its place when it leaves.
function useCurrent(groups: AlertGroup[]): { current: number; move: (step: number) => void; set: (id: number) => void } {
    const [id, setId] = useState<number | null>(null);
    const place = useRef(0);
    const found = groups.findIndex((group) => group.id === id);
    const current = Math.min(found >= 0 ? found : place.current, groups.length - 1);
    place.current = Math.max(0, current);
    const move = (step: number): void => setId(groups[Math.max(0, Math.min(groups.length - 1, current + step))]?.id ?? null);
    return { current, move, set: setId };
}

function BoardPage({ kind, opened }: { kind: Kind; opened: number | null }): JSX.Element {
    const text = useText();
    const app = useApp();
    const [seed, setSeed] = useState(() => Math.floor(Date.now() / 86400000));
    const [chosen, setChosen] = useState(new Set<number>());
    const loaded = useGathered<Board>(`/api/alerts?show=${kind}&limit=${kind === 'sample' ? SAMPLE : SHOWN}${kind === 'sample' ? `&seed=${seed % 1000000}` : ''}`);
    const decider = useDecider(loaded.reload);
    const groups = loaded.value?.groups ?? [];
    const { current, move, set } = useCurrent(groups);
    const here = groups[current];
    const open = (group: AlertGroup): void => {
        set(group.id);
        go(addressOf(kind, opened === group.id ? undefined : group.id));
    };
    const decide = (level: Level): void => {
        const picked = groups.filter((group) => chosen.has(group.id));
        const shown = groups.find((group) => group.id === opened);
        const meant = picked.length > 0 ? picked : shown ? [shown] : here ? [here] : [];
        if (meant.length > 0) {
            setChosen(new Set());
            void decider.decide(meant, level);
        }
    };
    const step = (by: number) => () => {
        const next = groups[Math.max(0, Math.min(groups.length - 1, current + by))];
        move(by);
        if (opened && next) {
            go(addressOf(kind, next.id));
        }
    };
    const level = (event: KeyboardEvent): void => decide(Number(event.key) as Level);
    // "g u" leads to another page: its u is no undo.
    const leader = useRef(0);
    useKeys({
        g: () => (leader.current = Date.now()),
        j: step(1), k: step(-1), 0: level, 1: level, 2: level, 3: level, 4: level, f: () => decide(0),
        u: () => Date.now() - leader.current > 1000 && decider.done.length > 0 && void decider.undo(),
        x: () => here && setChosen((old) => new Set(old.has(here.id) ? [...old].filter((id) => id !== here.id) : [...old, here.id])),
        Enter: () => here && open(here),
        Escape: () => (opened ? go(addressOf(kind)) : setChosen(new Set())),
    });
    useEffect(() => () => app.setPaused(false), []);
    useEffect(() => setChosen(new Set()), [kind]);
    if (!loaded.value) {
        return <Waiting loaded={loaded} />;
    }
    if (loaded.value.counts.groups === 0) {
        return <Notice title="alerts.nothing" what="alerts.nothing_do" />;
    }
    return (
        <>
            <Counts counts={loaded.value.counts} kind={kind} />
            {(kind === 'held' || kind === 'sample') && <Held board={loaded.value} kind={kind} again={() => setSeed((old) => old + 1)} />}
            <div class={`board-page${opened ? ' opened' : ''}`}>
                <div class="board-list">
                    <Decide chosen={chosen.size} decider={decider} decideAll={decide} />
                    {groups.length === 0 ? (
                        <Notice title={kind === 'shown' ? 'alerts.all_done' : 'alerts.none_here'} what={kind === 'shown' ? 'alerts.all_done_do' : 'alerts.none_here_do'} />
                    ) : (
                        <div onPointerEnter={() => app.setPaused(true)} onPointerLeave={() => app.setPaused(false)}>
                            <Table groups={groups} current={current} chosen={chosen} setChosen={setChosen} open={open} />
                        </div>
                    )}
                    {groups.length === SHOWN && <p class="dim small">{text('alerts.first_of', { n: number(SHOWN) })}</p>}
                </div>
                {opened && <AlertProof key={opened} id={opened} stamp={decider.done.length} close={() => go(addressOf(kind))} />}
            </div>
        </>
    );
}

export function Alerts({ rest, query }: { rest: string[]; query: URLSearchParams }): JSX.Element {
    const text = useText();
    const wanted = query.get('show') ?? 'shown';
    const kind: Kind = wanted === 'held' || wanted === 'decided' || wanted === 'sample' ? wanted : 'shown';
    const page = rest[0] === 'report' || rest[0] === 'bursts' ? rest[0] : 'board';
    const here = (tab: boolean): 'true' | undefined => (tab ? 'true' : undefined);
    return (
        <section aria-labelledby="title">
            <div class="head">
                <h1 id="title">{text('alerts.title')}</h1>
                <div class="tabs">
                    <a href={addressOf('shown')} aria-current={here(page === 'board' && kind === 'shown')}>{text('alerts.tab_shown')}</a>
                    <a href={addressOf('held')} aria-current={here(page === 'board' && (kind === 'held' || kind === 'sample'))}>{text('alerts.tab_held')}</a>
                    <a href={addressOf('decided')} aria-current={here(page === 'board' && kind === 'decided')}>{text('alerts.tab_decided')}</a>
                    <a href="#/alerts/bursts" aria-current={here(page === 'bursts')}>{text('alerts.tab_bursts')}</a>
                    <a href="#/alerts/report" aria-current={here(page === 'report')}>{text('alerts.tab_report')}</a>
                </div>
            </div>
            {page === 'report' && <Report by={query.get('by') ?? 'day'} />}
            {page === 'bursts' && <Bursts opened={Number(rest[1]) || null} />}
            {page === 'board' && <BoardPage key={kind} kind={kind} opened={Number(rest[0]) || null} />}
        </section>
    );
}
