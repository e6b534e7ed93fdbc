// One case: the answer, the reasons, the proof, what to do.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { post, ApiError } from '../api';
import { go, huntAddress, traceAddress, useApp, useKeys, useLoaded, useSaid, useSentences, useText } from '../app';
import { zone } from '../format';
import { DayAndTime, HostLink, LevelMark, Time, Waiting } from '../parts';
import { Evidence } from './evidence';
import { Indicators } from './indicators';
import { Bound, NodeCard, TraceGraph } from './trace';
import type { MessageKey } from '../text';
import type { CaseDetail, Decision, Finding, Level, Note, Observable, Status, Trace, Verdict } from '../types';

export function Part({ title, children, id }: { title: MessageKey; children: ComponentChildren; id: string }): JSX.Element {
    const text = useText();
    return (
        <section class="part" aria-labelledby={id}>
            <h2 id={id}>{text(title)}</h2>
            {children}
        </section>
    );
}

function Head({ detail }: { detail: CaseDetail }): JSX.Element {
    const text = useText();
    const said = useSaid();
    const sentencesOf = useSentences();
    const item = detail.case;
    const first = detail.findings[0];
    const sentences = first && sentencesOf(first);
    return (
        <header class="case-head">
            <p class="line dim">
                <a href="#/cases">{text('nav.cases')}</a>
                <span aria-hidden="true">▸</span>
                <span>{text('case.number', { n: item.id })}</span>
            </p>
            <h1>
                <LevelMark level={item.level} verdict={item.verdict} /> {said(item, 'title')}
            </h1>
            <p class="manager">{said(item, 'summary')}</p>
            {sentences?.[0] && <p class="analyst">{sentences[0]}</p>}
            <p class="line dim">
                <span>{text(`status.${item.status}`)}</span>
                <span>{text(`verdict.${item.verdict}`)}</span>
                <span>
                    <Time at={item.time_start} /> – <Time at={item.time_end} short /> {zone()}
                </span>
                <span>
                    {text('case.opened')} <Time at={item.opened} short />
                </span>
                <span class="hosts">
                    {item.hosts.map((name) => (
                        <HostLink key={name} name={name} />
                    ))}
                </span>
            </p>
        </header>
    );
}

function Decide({ detail, decide }: { detail: CaseDetail; decide: (decision: Decision) => void }): JSX.Element {
    const text = useText();
    const item = detail.case;
    const levels: Level[] = [1, 2, 3, 4];
    return (
        <div class="decide" role="group" aria-label={text('case.decide')}>
            <div class="choices" role="group" aria-label={text('level.set')}>
                {levels.map((level) => (
                    <button
                        key={level}
                        type="button"
                        class={`level-${level}`}
                        aria-pressed={item.level === level}
                        title={text(`level.${level}`)}
                        onClick={() => decide({ level })}
                    >
                        L{level}
                    </button>
                ))}
            </div>
            <button
                type="button"
                class="button"
                aria-pressed={item.verdict === 'true_positive'}
                onClick={() => decide({ verdict: 'true_positive' })}
            >
                {text('case.true_positive')}
            </button>
            <button
                type="button"
                class="button"
                aria-pressed={item.verdict === 'false_positive'}
                onClick={() => decide({ level: 0, verdict: 'false_positive', status: 'closed' })}
            >
                {text('case.false_positive')}
            </button>
            <button
                type="button"
                class="button"
                onClick={() => decide({ status: item.status === 'open' ? 'closed' : 'open' })}
            >
                {text(item.status === 'open' ? 'case.close' : 'case.reopen')}
            </button>
            <Owner owner={item.owner ?? ''} decide={decide} />
        </div>
    );
}

function Owner({ owner, decide }: { owner: string; decide: (decision: Decision) => void }): JSX.Element {
    const text = useText();
    const [value, setValue] = useState(owner);
    useEffect(() => setValue(owner), [owner]);
    return (
        <form
            class="line owner"
            onSubmit={(event) => {
                event.preventDefault();
                decide({ owner: value.trim() });
            }}
        >
            <label>
                <span class="dim">{text('case.owner')}</span>
                <input
                    value={value}
                    placeholder={text('case.owner_none')}
                    maxLength={100}
                    onInput={(event) => setValue(event.currentTarget.value)}
                    onBlur={() => value.trim() !== owner && decide({ owner: value.trim() })}
                />
            </label>
        </form>
    );
}

const OBSERVABLES_SHOWN = 6;

function Observables({ items }: { items: Observable[] }): JSX.Element {
    const text = useText();
    const [all, setAll] = useState(false);
    const shown = all ? items : items.slice(0, OBSERVABLES_SHOWN);
    return (
        <p class="observables">
            {shown.map((item) => (
                <a key={`${item.type}:${item.value}`} class={`observable observable-${item.type}`} href={traceAddress(item.value)}>
                    {item.value}
                </a>
            ))}
            {shown.length < items.length && (
                <button type="button" class="link dim small" onClick={() => setAll(true)}>
                    {text('case.more_observables', { n: items.length - shown.length })}
                </button>
            )}
        </p>
    );
}

const FINDINGS_SHOWN = 2;

// The strongest findings in full; the others are a count that opens.
function Findings({ findings }: { findings: Finding[] }): JSX.Element {
    const text = useText();
    const rest = findings.slice(FINDINGS_SHOWN);
    return (
        <>
            {findings.length === 0 && <p class="dim">{text('case.no_findings')}</p>}
            <ol class="findings">
                {findings.slice(0, FINDINGS_SHOWN).map((finding) => (
                    <WhyFinding key={finding.id} finding={finding} />
                ))}
            </ol>
            {rest.length > 0 && (
                <details class="more-findings">
                    <summary>{text('case.more_findings', { n: rest.length })}</summary>
                    <ol class="findings">
                        {rest.map((finding) => (
                            <WhyFinding key={finding.id} finding={finding} />
                        ))}
                    </ol>
                </details>
            )}
        </>
    );
}

function WhyFinding({ finding }: { finding: Finding }): JSX.Element {
    const text = useText();
    const said = useSaid();
    const sentences = useSentences()(finding);
    return (
        <li class="finding" id={`finding-${finding.id}`}>
            <h3>
                <LevelMark level={finding.level} /> {said(finding, 'title')}
            </h3>
            <ul class="sentences">
                {sentences.map((sentence) => (
                    <li key={sentence}>{sentence}</li>
                ))}
            </ul>
            <p class="line dim small">
                <Time at={finding.time_start} />
                <HostLink name={finding.host} />
                <span>{text('case.score', { n: finding.score.toFixed(2) })}</span>
                <code>{finding.detector}</code>
                {finding.attack.map((technique) => (
                    <span key={technique} class="chip">
                        {technique}
                    </span>
                ))}
            </p>
            <Observables items={finding.observables} />
        </li>
    );
}

function Timeline({ detail }: { detail: CaseDetail }): JSX.Element {
    const said = useSaid();
    return (
        <ol class="timeline">
            {detail.timeline.map((item, i) => (
                <li key={item.finding_id} class={`level-${item.level}`}>
                    <DayAndTime at={item.time} before={detail.timeline[i - 1]?.time} />
                    <HostLink name={item.host} />
                    <span>{said(item, 'text')}</span>
                </li>
            ))}
        </ol>
    );
}

function Next({ detail }: { detail: CaseDetail }): JSX.Element {
    const text = useText();
    const said = useSaid();
    return (
        <ol class="next">
            {detail.next.map((step) => (
                <li key={step.text}>
                    {said(step, 'text')}{' '}
                    {step.trace && <a href={traceAddress(step.trace)}>{text('case.open_trace')}</a>}
                    {step.sql && <a href={huntAddress(step.sql)}>{text('case.run_query')}</a>}
                </li>
            ))}
        </ol>
    );
}

// A decision is stored as "level=3"; said here in the reader's language.
function useNoteText(): (note: Note) => string {
    const text = useText();
    return (note) => {
        const match = note.author === 'decision' ? /^(level|status|verdict|owner)=(.*)$/s.exec(note.text) : null;
        if (!match) {
            return note.text;
        }
        const [, what = 'level', value = ''] = match;
        const said =
            what === 'status' ? text(`status.${value as Status}`)
            : what === 'verdict' ? text(`verdict.${value as Verdict}`)
            : what === 'owner' ? value || text('case.owner_none')
            : value;
        return text(`decision.${what as 'level' | 'status' | 'verdict' | 'owner'}`, { value: said });
    };
}

function History({ detail, decide }: { detail: CaseDetail; decide: (decision: Decision) => void }): JSX.Element {
    const text = useText();
    const noteText = useNoteText();
    const [note, setNote] = useState('');
    return (
        <>
            {detail.notes.length === 0 && <p class="dim">{text('case.no_notes')}</p>}
            <ol class="notes">
                {detail.notes.map((item, i) => (
                    <li key={item.id} class={item.author === 'decision' ? 'dim' : undefined}>
                        <DayAndTime at={item.time} before={detail.notes[i - 1]?.time} /> {noteText(item)}
                    </li>
                ))}
            </ol>
            <form
                onSubmit={(event) => {
                    event.preventDefault();
                    decide({ note });
                    setNote('');
                }}
            >
                <textarea
                    rows={2}
                    aria-label={text('case.note')}
                    placeholder={text('case.note')}
                    maxLength={10000}
                    value={note}
                    onInput={(event) => setNote(event.currentTarget.value)}
                />
                <button type="submit" class="button" disabled={!note.trim()}>
                    {text('case.note_save')}
                </button>
            </form>
        </>
    );
}

const NODES_IN_CASE = 15;

function CaseTrace({ id }: { id: string }): JSX.Element {
    const text = useText();
    const loaded = useLoaded<Trace>(`/api/trace?from=case:${encodeURIComponent(id)}&budget=${NODES_IN_CASE}`);
    const [selected, setSelected] = useState<number | null>(null);
    const trace = loaded.value;
    const node = trace?.nodes.find((item) => item.id === selected);
    if (loaded.error?.status === 404) {
        return <p class="dim">{text('trace.nothing')}</p>;
    }
    if (!trace) {
        return <Waiting loaded={loaded} />;
    }
    return (
        <>
            <TraceGraph trace={trace} selected={selected} onSelect={(to) => setSelected(to === selected ? null : to)} compact />
            {node && <NodeCard node={node} />}
            <Bound trace={trace} />
            <p class="line">
                <a class="door" href={traceAddress(id)}>
                    {text('case.open_trace')}
                </a>
            </p>
        </>
    );
}

export function CasePage({ id }: { id: string }): JSX.Element {
    const text = useText();
    const app = useApp();
    const loaded = useLoaded<CaseDetail>(`/api/cases/${encodeURIComponent(id)}`);
    const [failure, setFailure] = useState<string | null>(null);
    const detail = loaded.value;

    useEffect(() => app.onCase((changed) => String(changed.id) === id && loaded.reload()), [id]);
    const decide = (decision: Decision): void => {
        post<CaseDetail>(`/api/cases/${encodeURIComponent(id)}`, decision).then(
            (value) => {
                loaded.set(value);
                setFailure(null);
                app.refreshSummary();
            },
            (error: unknown) => setFailure(error instanceof ApiError ? error.message : String(error)),
        );
    };
    const level = (event: KeyboardEvent): void => decide({ level: Number(event.key) as Level });
    useKeys({
        f: () => decide({ level: 0, verdict: 'false_positive', status: 'closed' }),
        t: () => go(traceAddress(id)),
        Escape: () => go('#/cases'),
        1: level, 2: level, 3: level, 4: level,
    });
    if (!detail) {
        return <Waiting loaded={loaded} />;
    }
    return (
        <article class="case">
            <Head detail={detail} />
            <Decide detail={detail} decide={decide} />
            {failure && <p role="alert" class="failure">{text('case.not_saved', { why: failure })}</p>}
            <div class="columns">
                <div>
                    <Part title="case.why" id="why">
                        <Findings findings={detail.findings} />
                    </Part>
                    <Part title="case.trace" id="trace">
                        <CaseTrace id={id} />
                    </Part>
                    {detail.case.verdict === 'true_positive' && (
                        <Part title="ioc.title" id="indicators">
                            <Indicators id={id} />
                        </Part>
                    )}
                    <Part title="case.evidence" id="evidence">
                        <Evidence ids={[...new Set(detail.findings.flatMap((finding) => finding.evidence))]} />
                    </Part>
                </div>
                <aside>
                    <Part title="case.next" id="next">
                        <Next detail={detail} />
                    </Part>
                    <Part title="case.timeline" id="timeline">
                        <Timeline detail={detail} />
                    </Part>
                    <Part title="case.history" id="history">
                        <History detail={detail} decide={decide} />
                    </Part>
                </aside>
            </div>
        </article>
    );
}
