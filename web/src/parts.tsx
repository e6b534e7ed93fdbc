// The small parts all pages are made of.
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { saveToken, type ApiError } from './api';
import { hostAddress, useApp, useText, type Loaded } from './app';
import { clockOf, dateOf, dateTimeOf } from './format';
import type { MessageKey } from './text';
import type { Level, Verdict } from './types';

// Level by colour, verdict by shape: judged true is filled, false is hollow, not judged is dashed.
export function LevelMark({ level, verdict = 'unknown' }: { level: Level; verdict?: Verdict }): JSX.Element {
    const text = useText();
    const label = text('level.label', { n: level, name: text(`level.${level}`) });
    return (
        <span class={`level level-${level}`} title={`${label} · ${text(`verdict.${verdict}`)}`}>
            <svg width="16" height="16" viewBox="0 0 12 12" aria-hidden="true">
                <circle
                    cx="6"
                    cy="6"
                    r="4.5"
                    fill={verdict === 'true_positive' ? 'currentColor' : 'none'}
                    stroke="currentColor"
                    stroke-width="1.25"
                    stroke-dasharray={verdict === 'unknown' ? '2.6 2.112' : undefined}
                />
                {verdict === 'unknown' && <circle cx="6" cy="6" r="2" fill="currentColor" />}
            </svg>
            <span aria-hidden="true">L{level}</span>
            <span class="hidden-text">{label}</span>
        </span>
    );
}

export function Time({ at, short = false }: { at: string; short?: boolean }): JSX.Element {
    return (
        <time class="time" dateTime={at} title={at}>
            {short ? clockOf(at) : dateTimeOf(at)}
        </time>
    );
}

// The date only where it differs from the one before.
export function DayAndTime({ at, before }: { at: string; before?: string | undefined }): JSX.Element {
    const day = dateOf(at);
    return (
        <time class="time" dateTime={at} title={at}>
            {(!before || dateOf(before) !== day) && <span class="day">{day} </span>}
            {clockOf(at)}
        </time>
    );
}

export function HostLink({ name }: { name: string }): JSX.Element {
    return (
        <a class="host" href={hostAddress(name)}>
            {name}
        </a>
    );
}

export function Key({ name }: { name: string }): JSX.Element {
    return <kbd>{name}</kbd>;
}

interface NoticeProps {
    title: MessageKey;
    what: MessageKey;
    values?: Record<string, string | number>;
    children?: ComponentChildren;
}

// An empty page, an error: what it is, and what to do about it.
export function Notice({ title, what, values, children }: NoticeProps): JSX.Element {
    const text = useText();
    return (
        <div class="notice" role="status">
            <h2>{text(title, values)}</h2>
            <p>{text(what, values)}</p>
            {children}
        </div>
    );
}

export function TokenForm(): JSX.Element {
    const text = useText();
    const [token, setToken] = useState('');
    const submit = (event: Event): void => {
        event.preventDefault();
        saveToken(token);
        location.reload();
    };
    return (
        <Notice title="state.no_permission" what="state.no_permission_do">
            <form class="line" onSubmit={submit}>
                <input
                    aria-label={text('state.token')}
                    placeholder={text('state.token')}
                    autocomplete="off"
                    spellcheck={false}
                    value={token}
                    onInput={(event) => setToken(event.currentTarget.value)}
                />
                <button class="button primary" type="submit" disabled={!token.trim()}>
                    {text('state.open')}
                </button>
            </form>
        </Notice>
    );
}

export function Failure({ error, retry }: { error: ApiError; retry: () => void }): JSX.Element {
    const text = useText();
    if (error.status === 401) {
        return <TokenForm />;
    }
    if (error.status === 404) {
        return (
            <Notice title="state.not_found" what="state.not_found_do">
                <a class="button" href="#/cases">
                    {text('state.to_cases')}
                </a>
            </Notice>
        );
    }
    return (
        <div class="notice" role="alert">
            <h2>{text(error.status === 0 ? 'state.gone' : 'state.error')}</h2>
            <p>{error.status === 0 ? text('state.gone_do') : error.message}</p>
            <button class="button" type="button" onClick={retry}>
                {text('state.retry')}
            </button>
        </div>
    );
}

// What a page shows while its answer is on the way, or did not come.
export function Waiting({ loaded }: { loaded: Pick<Loaded<unknown>, 'error' | 'reload'> }): JSX.Element {
    const text = useText();
    if (loaded.error) {
        return <Failure error={loaded.error} retry={loaded.reload} />;
    }
    return (
        <div class="loading" role="status">
            <span class="hidden-text">{text('state.loading')}</span>
            <div class="bone" />
            <div class="bone" />
            <div class="bone" />
        </div>
    );
}

export function LiveDot(): JSX.Element {
    const text = useText();
    const { connection, paused } = useApp();
    const state = connection !== 'live' ? 'offline' : paused ? 'paused' : 'live';
    const key = { offline: 'bar.offline', paused: 'bar.paused', live: 'bar.live' } as const;
    return (
        <span class={`live live-${state}`} role="status">
            <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
                <circle cx="5" cy="5" r="3.75" />
            </svg>
            {text(key[state])}
        </span>
    );
}
