// One group of alerts: why it stands where it stands, the proof, what was decided, its members.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useApp, useLoaded, useText } from '../app';
import { number } from '../format';
import { Time, Waiting } from '../parts';
import type { GroupDetail, ModelReason, Proof } from '../types_alerts';
import { OutcomeMark, reasonNumber } from './alerts';

// The trace within what was found, marked.
function Found({ found, expected }: { found: string; expected: string }): JSX.Element {
    const at = expected ? found.indexOf(expected) : -1;
    return (
        <code class="found">
            {at < 0 ? found : <>{found.slice(0, at)}<mark>{expected}</mark>{found.slice(at + expected.length)}</>}
        </code>
    );
}

// A pattern without the escapes that only a machine needs.
const readable = (pattern: string): string => pattern.replace(/\\([=:,;<>/ -])/g, '$1');

function ProofFields({ proof }: { proof: Proof }): JSX.Element {
    const text = useText();
    const { language } = useApp();
    const reason = (language === 'ja' && proof.reason_ja) || proof.reason;
    return (
        <>
            {reason && <p class="proof-reason">{reason}</p>}
            <dl class="proof-fields">
                {proof.command && <><dt>{text('proof.command')}</dt><dd><code>{proof.command}</code></dd></>}
                {proof.expected && <><dt>{text('proof.expected')}</dt><dd><code>{proof.trace === 'pattern' ? readable(proof.expected) : proof.expected}</code></dd></>}
                {proof.found && <><dt>{text('proof.found')}</dt><dd><Found found={proof.found} expected={proof.expected ?? ''} /></dd></>}
                {!!proof.packet && <><dt>{text('proof.where')}</dt><dd>{text('proof.packet_offset', { packet: number(proof.packet), offset: number(proof.offset ?? 0) })}</dd></>}
            </dl>
        </>
    );
}

function Verdicts({ detail }: { detail: GroupDetail }): JSX.Element {
    const text = useText();
    const { group, verdicts } = detail;
    return (
        <section class="part proof">
            <h2>{text('proof.title')}</h2>
            {verdicts.length === 0 && <p class="dim">{text('proof.none')}</p>}
            {verdicts.length > 0 && group.judged < group.count && <p class="dim small">{text('proof.partly', { n: number(group.judged), of: number(group.count) })}</p>}
            {verdicts.map((verdict, i) => (
                <details key={verdict.alert} open={i === 0}>
                    <summary>
                        <OutcomeMark outcome={verdict.outcome} /> <span class="dim">{verdict.class.replaceAll('_', ' ')}{verdict.confidence !== null && ` · ${(100 * verdict.confidence).toFixed(0)} %`}</span>
                    </summary>
                    {verdict.proof && <ProofFields proof={verdict.proof} />}
                </details>
            ))}
        </section>
    );
}

// What spoke most for, or (in brackets) against it.
function Because({ reasons }: { reasons: ModelReason[] | undefined }): JSX.Element | null {
    const { language } = useApp();
    const told = (reason: ModelReason): string => (language === 'ja' ? reason.ja : reason.en);
    return !reasons?.length ? null : (
        <span class="dim">: {reasons.map((reason) => (reason.share < 0 ? `(${told(reason)})` : told(reason))).join(', ')}</span>
    );
}

function Why({ detail }: { detail: GroupDetail }): JSX.Element {
    const text = useText();
    const { group, models } = detail;
    return (
        <section class="part">
            <h2>{text('alerts.why')}</h2>
            <ul class="sentences">
                <li>{text(`alerts.why_${group.reason}`, { n: reasonNumber(group) })} → L{group.priority}</li>
                {group.reason !== 'success' && group.outcome && group.judged < group.count && <li>{text('proof.partly', { n: number(group.judged), of: number(group.count) })}</li>}
                <li>{text('alerts.why_time')}</li>
                {group.level_proposed !== null && <li>{text('alerts.proposed', { n: group.level_proposed, share: (100 * (group.share ?? 0)).toFixed(0) })}<Because reasons={models[0]?.level} /></li>}
                {group.novelty !== null && <li>{text('alerts.novelty_is', { n: group.novelty.toFixed(2), cut: (group.cut ?? 0).toFixed(2) })}<Because reasons={models[0]?.novelty} /></li>}
                {group.novelty === null && <li class="dim">{text('alerts.no_novelty')}</li>}
            </ul>
        </section>
    );
}

function Decisions({ detail }: { detail: GroupDetail }): JSX.Element | null {
    const text = useText();
    return detail.decisions.length === 0 ? null : (
        <section class="part">
            <h2>{text('alerts.history')}</h2>
            <ul class="decisions">
                {detail.decisions.map((item) => (
                    <li key={item.time + item.level}>
                        <span class={item.level === null ? 'dim' : `level level-${item.level}`}>{item.level === null ? text('alerts.taken_back') : item.level === 0 ? text('level.0') : `L${item.level}`}</span>{' '}
                        {item.analyst} <Time at={item.time} /> {item.note}
                    </li>
                ))}
            </ul>
        </section>
    );
}

function Members({ detail }: { detail: GroupDetail }): JSX.Element {
    const text = useText();
    const { members, group } = detail;
    return (
        <section class="part">
            <h2>{text('alerts.members', { n: number(members.length), of: number(group.count) })}</h2>
            <ol class="alert-members">
                {members.map((member) => (
                    <li key={member.alert}>
                        <Time at={member.time} /> <span class="dim">{member.source_port || '–'} → {member.destination_port || '–'}</span>
                        {member.url && <code>{member.http_method} {member.http_host}{member.url}</code>}
                        {member.message && <code>{member.message}</code>}
                        {member.payload && <code>{member.payload}</code>}
                    </li>
                ))}
            </ol>
        </section>
    );
}

// `stamp` changes when something was decided here.
export function AlertProof({ id, stamp, close }: { id: number; stamp: number; close: () => void }): JSX.Element {
    const text = useText();
    const loaded = useLoaded<GroupDetail>(`/api/alerts/${id}`);
    const detail = loaded.value;
    useEffect(loaded.reload, [stamp]);
    return (
        <aside class="alert-proof" aria-label={text('proof.title')}>
            <button type="button" class="quiet shut" aria-label={text('help.close')} onClick={close}>×</button>
            {!detail ? <Waiting loaded={loaded} /> : (
                <>
                    <h2 class="host-name">{detail.group.rule_name || detail.group.rule_id || detail.group.category || `#${id}`}</h2>
                    <p class="dim small">
                        {[detail.group.sensor, detail.group.rule_id, detail.group.category, detail.group.host].filter(Boolean).join(' · ')}
                    </p>
                    <p>
                        {detail.group.source_ip} → {detail.group.destination_ip ?? detail.group.host_ip ?? detail.group.host}{detail.group.destination_port ? `:${detail.group.destination_port}` : ''}
                    </p>
                    <p class="dim small"><Time at={detail.group.first} /> – <Time at={detail.group.last} /></p>
                    <Verdicts detail={detail} />
                    <Why detail={detail} />
                    <Decisions detail={detail} />
                    <Members detail={detail} />
                </>
            )}
        </aside>
    );
}
