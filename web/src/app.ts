// What all pages share: language, theme, address, connection.
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from './api';
import { inLocalTime } from './format';
import { message, type Language, type MessageKey } from './text';
import type { Case, Finding, Summary } from './types';
import type { BoardCounts } from './types_alerts';
import type { Now } from './types_darknet';

export type Theme = 'light' | 'dark';
export type Connection = 'connecting' | 'live' | 'offline';

export interface App {
    language: Language;
    theme: Theme;
    connection: Connection;
    viewer: string | null; // the organisation whose token this is; '': the owner's; null: not known yet
    paused: boolean;
    summary: Summary | null;
    search: string;
    setLanguage: (language: Language) => void;
    setTheme: (theme: Theme) => void;
    setPaused: (paused: boolean) => void;
    setSearch: (search: string) => void;
    refreshSummary: () => void;
    // Called with each case that is new or changed; returns the way to stop.
    onCase: (listener: (changed: Case) => void) => () => void;
    // What the observatory saw last; `observed` counts up, a few times a minute, as it sees more.
    now: Now | null;
    observed: number;
    // What is on the triage board; `gathered` counts up as alerts, verdicts and decisions come.
    board: BoardCounts | null;
    gathered: number;
    refreshBoard: () => void;
    collected: number; // counts up as samples come
    // Counts up when everything should be loaded anew (the server came back).
    epoch: number;
}

export const AppContext = createContext<App>(null as unknown as App);
export const useApp = (): App => useContext(AppContext);

export function useText(): (key: MessageKey, values?: Record<string, string | number>) => string {
    const { language } = useApp();
    return (key, values) => message(language, key, values);
}

// The server's own sentences come in both languages: x and x_ja.
export function useSaid(): <K extends string>(item: { [key in K | `${K}_ja`]: string }, key: K) => string {
    const { language } = useApp();
    return <K extends string>(item: { [key in K | `${K}_ja`]: string }, key: K) => {
        const japanese = item[`${key}_ja` as const];
        return inLocalTime(language === 'ja' && japanese ? japanese : item[key]);
    };
}

export function useSentences(): (finding: Pick<Finding, 'explanation' | 'explanation_ja'>) => string[] {
    const { language } = useApp();
    return ({ explanation, explanation_ja }) =>
        (language === 'ja' && explanation_ja.length ? explanation_ja : explanation).map(inLocalTime);
}

// An explanation that is kept as {"en": [], "ja": []}.
export function useExplained(): (explanation: { en?: string[]; ja?: string[] }) => string[] {
    const { language } = useApp();
    return ({ en = [], ja = [] }) => (language === 'ja' && ja.length ? ja : en);
}

export interface Loaded<T> {
    value: T | null;
    error: ApiError | null;
    reload: () => void;
    set: (value: T) => void;
}

// The answer at `path`; asked again when the path changes or the server came back. An old answer
// stays on screen until the new one is there.
export function useLoaded<T>(path: string | null): Loaded<T> {
    const { epoch } = useApp();
    const [state, setState] = useState<{ path: string | null; value: T | null; error: ApiError | null }>({
        path: null,
        value: null,
        error: null,
    });
    const [count, setCount] = useState(0);

    useEffect(() => {
        if (path === null) {
            return undefined;
        }
        const controller = new AbortController();
        get<T>(path, controller.signal).then(
            (value) => setState({ path, value, error: null }),
            (error: unknown) => {
                if (error instanceof ApiError) {
                    setState((old) => ({ path, value: old.path === path ? old.value : null, error }));
                }
            },
        );
        return () => controller.abort();
    }, [path, count, epoch]);

    const current = state.path === path;
    return {
        value: current ? state.value : null,
        error: current ? state.error : null,
        reload: () => setCount((old) => old + 1),
        set: (value) => setState({ path, value, error: null }),
    };
}

// The same, and anew whenever the observatory saw more, unless people have paused.
function useFollowed<T>(path: string | null, stamp: number): Loaded<T> {
    const { paused } = useApp();
    const loaded = useLoaded<T>(path);
    const seen = useRef(stamp);
    useEffect(() => {
        if (!paused && stamp !== seen.current) {
            seen.current = stamp;
            loaded.reload();
        }
    }, [stamp, paused]);
    return loaded;
}

export const useObserved = <T>(path: string | null): Loaded<T> => useFollowed<T>(path, useApp().observed);
export const useCollected = <T>(path: string | null): Loaded<T> => useFollowed<T>(path, useApp().collected);
export const useGathered = <T>(path: string | null): Loaded<T> => useFollowed<T>(path, useApp().gathered);

export interface Address {
    page: string;
    rest: string[];
    query: URLSearchParams;
}

export function addressOf(hash: string): Address {
    const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
    const [page = '', ...rest] = path.split('/').map(decodeURIComponent);
    return { page: page || 'cases', rest, query: new URLSearchParams(query) };
}

export function useAddress(): Address {
    const [hash, setHash] = useState(location.hash);
    useEffect(() => {
        const listener = (): void => setHash(location.hash);
        window.addEventListener('hashchange', listener);
        return () => window.removeEventListener('hashchange', listener);
    }, []);
    return addressOf(hash);
}

export function go(to: string): void {
    location.hash = to;
}

export const caseAddress = (id: number): string => `#/cases/${id}`;
export const hostAddress = (name: string): string => `#/hosts/${encodeURIComponent(name)}`;
export const traceAddress = (from: string): string => `#/trace?from=${encodeURIComponent(from)}`;
export const sourceAddress = (address: string): string => `#/darknet/sources/${encodeURIComponent(address)}`;
export const sourcesAddress = (query: Record<string, string>): string => `#/darknet/sources?${new URLSearchParams(query).toString()}`;
export const sampleAddress = (sha256: string, file = 0): string => `#/samples/${sha256}${file ? `?file=${file}` : ''}`;
export const huntAddress = (sql: string): string => `#/hunt?sql=${encodeURIComponent(sql)}`;

// Keys that act on the page; not while the user is typing. What a key does is renewed with every
// drawing, not after it is shown: two keys in quick succession must not act on the same state.
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
    const newest = useRef(keys);
    newest.current = keys;
    useEffect(() => {
        const listener = (event: KeyboardEvent): void => {
            const target = event.target as HTMLElement;
            const typing = target.matches?.('input:not([type="checkbox"]), textarea, select, [contenteditable]');
            const pressing = event.key === 'Enter' && target.closest?.('a, button, summary, [role="button"]');
            if (typing || pressing || event.ctrlKey || event.metaKey || event.altKey) {
                return;
            }
            const action = newest.current[event.key];
            if (action) {
                event.preventDefault();
                action(event);
            }
        };
        window.addEventListener('keydown', listener);
        return () => window.removeEventListener('keydown', listener);
    }, []);
}
