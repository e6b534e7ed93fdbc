import { render, type JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { listen, takeTokenFromAddress, get, type ApiError } from './api';
import { AppContext, caseAddress, go, traceAddress, useAddress, useApp, useKeys, useText } from './app';
import type { App, Address, Connection, Theme } from './app';
import { Key, LiveDot, Notice, TokenForm } from './parts';
import { number } from './format';
import { message, type Language, type MessageKey } from './text';
import type { Case, Summary } from './types';
import type { BoardCounts } from './types_alerts';
import type { Now, OwnNow } from './types_darknet';
import { Alerts } from './pages/alerts';
import { Cases } from './pages/cases';
import { CasePage } from './pages/case';
import { HealthPage } from './pages/health';
import { Hosts } from './pages/hosts';
import { Hunt } from './pages/hunt';
import { TracePage } from './pages/trace';
import { Backscatter } from './pages/backscatter';
import { Contacts } from './pages/contacts';
import { Observatory } from './pages/darknet';
import { Livenet } from './pages/livenet';
import { SamplePage } from './pages/sample';
import { Samples } from './pages/samples';
import { SourcePage, Sources } from './pages/sources';
import { Synchrony } from './pages/synchrony';

const PAGES = ['cases', 'alerts', 'hosts', 'samples', 'hunt', 'health'] as const;
const DARKNET_PAGES = ['darknet', 'contacts', 'backscatter', 'synchrony', 'livenet'] as const;
const OWN_PAGES = ['contacts'] as const; // what an organisation's own token opens
const OBSERVED_EVERY = 2000; // ms between two loadings of a page that is watched live

function stored<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
    const value = localStorage.getItem(key) as T | null;
    return value && allowed.includes(value) ? value : otherwise;
}

function firstLanguage(): Language {
    return stored('hinomi.language', ['en', 'ja'], navigator.language.startsWith('ja') ? 'ja' : 'en');
}

function firstTheme(): Theme {
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    return stored('hinomi.theme', ['light', 'dark'], dark ? 'dark' : 'light');
}

// The observatory's counters follow each event; pages load anew only every so often.
function useNow(): { now: Now | null; observed: number; onNow: (now: Now) => void; refreshNow: () => void } {
    const [now, setNow] = useState<Now | null>(null);
    const [observed, setObserved] = useState(0);
    const timer = useRef(0);
    const onNow = (next: Now): void => {
        setNow(next);
        timer.current ||= window.setTimeout(() => {
            timer.current = 0;
            setObserved((old) => old + 1);
        }, OBSERVED_EVERY);
    };
    const refreshNow = (): void => void get<Now>('/api/darknet/now').then(setNow, () => undefined);
    return { now, observed, onNow, refreshNow };
}

// Samples may come by the hundred; the list loads anew only every so often.
function useCollection(): { collected: number; onCollected: () => void } {
    const [collected, setCollected] = useState(0);
    const timer = useRef(0);
    const onCollected = (): void => {
        timer.current ||= window.setTimeout(() => {
            timer.current = 0;
            setCollected((old) => old + 1);
        }, OBSERVED_EVERY / 2);
    };
    return { collected, onCollected };
}

// The triage board's counts; asked for when something came, but only every so often.
function useBoard(): { board: BoardCounts | null; gathered: number; onGathered: () => void; refreshBoard: () => void } {
    const [board, setBoard] = useState<BoardCounts | null>(null);
    const [gathered, setGathered] = useState(0);
    const timer = useRef(0);
    const refreshBoard = (): void => void get<BoardCounts>('/api/alerts/now').then(setBoard, () => undefined);
    const onGathered = (): void => {
        timer.current ||= window.setTimeout(() => {
            timer.current = 0;
            setGathered((old) => old + 1);
            refreshBoard();
        }, OBSERVED_EVERY);
    };
    return { board, gathered, onGathered, refreshBoard };
}

function useApplication(): App & { denied: boolean } {
    const [language, setLanguage] = useState(firstLanguage);
    const [theme, setTheme] = useState(firstTheme);
    const [connection, setConnection] = useState<Connection>('connecting');
    const [denied, setDenied] = useState(false);
    const [viewer, setViewer] = useState<string | null>(null);
    const [paused, setPaused] = useState(false);
    const [summary, setSummary] = useState<Summary | null>(null);
    const [search, setSearch] = useState('');
    const [epoch, setEpoch] = useState(0);
    const listeners = useRef(new Set<(changed: Case) => void>());

    const { now, observed, onNow, refreshNow } = useNow();
    const { board, gathered, onGathered, refreshBoard } = useBoard();
    const { collected, onCollected } = useCollection();
    const refreshSummary = (): void => void get<Summary>('/api/summary').then(setSummary, () => undefined);
    // Who asks is known first: an organisation's token opens little, so little is asked for. Where
    // nobody answers, every page says so by itself.
    const refreshViewer = (): void => {
        get<{ organisation: string }>('/api/viewer').then(
            ({ organisation }) => {
                setViewer(organisation);
                if (!organisation) {
                    refreshSummary();
                    refreshNow();
                    refreshBoard();
                }
            },
            (error: ApiError) => {
                setDenied(error.status === 401);
                setViewer((old) => old ?? '');
            },
        );
    };
    useLayoutEffect(() => {
        document.documentElement.lang = language;
        document.title = message(language, 'app.name');
        localStorage.setItem('hinomi.language', language);
    }, [language]);
    useLayoutEffect(() => {
        document.documentElement.dataset['theme'] = theme;
        localStorage.setItem('hinomi.theme', theme);
    }, [theme]);
    useEffect(() => {
        let lost = false;
        refreshViewer();
        return listen(
            (connected, error) => {
                setConnection(connected ? 'live' : 'offline');
                setDenied(error?.status === 401);
                if (connected && lost) {
                    setEpoch((old) => old + 1);
                    refreshViewer();
                }
                lost = !connected;
            },
            (event) => {
                if (event.name === 'summary') {
                    setSummary(event.data as Summary);
                } else if (event.name === 'case') {
                    listeners.current.forEach((listener) => listener(event.data as Case));
                } else if (event.name === 'darknet') {
                    onNow(event.data as Now);
                } else if (event.name === 'alerts') {
                    onGathered();
                } else if (event.name === 'samples') {
                    onCollected();
                } else if (event.name === 'contacts') {
                    onNow({ newest: null, packets: null, sources: null, length: null, contacts_open: (event.data as OwnNow).contacts_open });
                } else if (event.name === 'reload') {
                    setEpoch((old) => old + 1);
                }
            },
        );
    }, []);
    const onCase = useMemo(
        () => (listener: (changed: Case) => void) => {
            listeners.current.add(listener);
            return () => void listeners.current.delete(listener);
        },
        [],
    );
    return {
        language, theme, connection, viewer, denied, paused, summary, search, epoch, now, observed, board, gathered, refreshBoard, collected,
        setLanguage, setTheme, setPaused, setSearch, refreshSummary, onCase,
    };
}

function Search({ app }: { app: App }): JSX.Element {
    const text = useText();
    const field = useRef<HTMLInputElement>(null);
    useKeys({ '/': () => field.current?.select() });
    const submit = (event: Event): void => {
        event.preventDefault();
        const wanted = app.search.trim();
        const digits = /^#?(\d{1,6})$/.exec(wanted);
        if (!wanted) {
            return;
        }
        app.setSearch('');
        field.current?.blur();
        go(digits ? caseAddress(Number(digits[1])) : traceAddress(wanted));
    };
    return (
        <form class="search" role="search" onSubmit={submit}>
            <input
                ref={field}
                type="search"
                aria-label={text('bar.search')}
                placeholder={text('bar.search')}
                autocomplete="off"
                spellcheck={false}
                value={app.search}
                onInput={(event) => app.setSearch(event.currentTarget.value)}
                onKeyDown={(event) => {
                    if (event.key === 'Escape') {
                        app.setSearch('');
                        event.currentTarget.blur();
                    }
                }}
            />
            <Key name="/" />
        </form>
    );
}

function Logo(): JSX.Element {
    return (
        <svg width="20" height="20" viewBox="0 0 16 16" aria-hidden="true" class="logo">
            <path d="M1.5 6 8 2l6.5 4M4 6.500V14M12 6.500V14M4 10.500h8M6.5 6h3v2.500h-3z" />
        </svg>
    );
}

function Bar({ app, onHelp }: { app: App; onHelp: () => void }): JSX.Element {
    const text = useText();
    const dark = app.theme === 'dark';
    return (
        <header class="bar">
            <a class="brand" href={app.viewer ? '#/contacts' : '#/cases'}>
                <Logo />
                {text('app.name')}
            </a>
            {app.viewer ? <span class="search viewer">{app.viewer}</span> : <Search app={app} />}
            <div class="tools">
                <LiveDot />
                <button
                    type="button"
                    class="quiet"
                    title={text('bar.language_label')}
                    aria-label={text('bar.language_label')}
                    onClick={() => app.setLanguage(app.language === 'en' ? 'ja' : 'en')}
                >
                    {text('bar.language')}
                </button>
                <button type="button" class="quiet" onClick={() => app.setTheme(dark ? 'light' : 'dark')}>
                    {text(dark ? 'bar.theme_light' : 'bar.theme_dark')}
                </button>
                <button type="button" class="quiet" aria-label={text('bar.help')} title={text('bar.help')} onClick={onHelp}>
                    ?
                </button>
            </div>
        </header>
    );
}

function Navigation({ app, page }: { app: App; page: string }): JSX.Element {
    const text = useText();
    const learning = app.summary?.learning_hosts ?? 0;
    const counts: Record<string, number> = { cases: app.summary?.cases_open ?? 0, alerts: app.board?.shown ?? 0, contacts: app.now?.contacts_open ?? 0 };
    const link = (name: (typeof PAGES)[number] | (typeof DARKNET_PAGES)[number]): JSX.Element => (
        <a key={name} href={`#/${name}`} aria-current={page === name ? 'page' : undefined}>
            {text(`nav.${name}`)}
            {!!counts[name] && <span class="count">{number(counts[name]!)}</span>}
        </a>
    );
    return (
        <nav class="nav" aria-label={text('app.navigation')}>
            {!app.viewer && PAGES.map(link)}
            <h2 class="group">{text('nav.group_darknet')}</h2>
            {(app.viewer ? OWN_PAGES : DARKNET_PAGES).map(link)}
            {learning > 0 && (
                <a class="learning" href="#/health">
                    {text('summary.learning', { n: number(learning) })}
                </a>
            )}
        </nav>
    );
}

const HELP: [keys: string[], what: MessageKey][] = [
    [['j', 'k'], 'help.move'],
    [['Enter'], 'help.open'],
    [['f'], 'help.false_positive'],
    [['1', '4'], 'help.level'],
    [['t'], 'help.trace'],
    [['/'], 'help.search'],
    [['0', '4'], 'help.alert_level'],
    [['x', 'u'], 'help.choose_undo'],
    [['g', 'c a h m u s'], 'help.pages'],
    [['g', 'd o b y l'], 'help.pages_darknet'],
    [['Esc'], 'help.back'],
    [['?'], 'help.help'],
];

const OWN_HELP: MessageKey[] = ['help.back', 'help.help'];

function Help({ onClose }: { onClose: () => void }): JSX.Element {
    const text = useText();
    const { viewer } = useApp();
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => dialog.current?.showModal(), []);
    return (
        <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose}>
            <h2 id="help-title">{text('help.title')}</h2>
            <dl>
                {HELP.filter(([, what]) => !viewer || OWN_HELP.includes(what)).map(([keys, what]) => (
                    <div key={what}>
                        <dt>
                            {keys.map((key) => (
                                <Key key={key} name={key} />
                            ))}
                        </dt>
                        <dd>{text(what)}</dd>
                    </div>
                ))}
            </dl>
            <button type="button" class="button" onClick={() => dialog.current?.close()}>
                {text('help.close')}
            </button>
        </dialog>
    );
}

// What an organisation's token shows: its contacts, which are also where it begins.
function OwnPage({ address }: { address: Address }): JSX.Element {
    const text = useText();
    return address.page === 'contacts' || location.hash.length < 2 ? (
        <Contacts query={address.query} />
    ) : (
        <Notice title="state.not_yours" what="state.not_yours_do">
            <a class="button" href="#/contacts">
                {text('state.to_contacts')}
            </a>
        </Notice>
    );
}

function Page({ address }: { address: Address }): JSX.Element {
    const text = useText();
    const [first, second] = address.rest;
    switch (address.page) {
        case 'cases':
            return first ? <CasePage key={first} id={first} /> : <Cases query={address.query} />;
        case 'alerts':
            return <Alerts rest={address.rest} query={address.query} />;
        case 'hosts':
            return <Hosts name={first ?? null} />;
        case 'samples':
            return first ? <SamplePage key={first} sha256={first} query={address.query} /> : <Samples query={address.query} />;
        case 'hunt':
            return <Hunt query={address.query} />;
        case 'health':
            return <HealthPage />;
        case 'darknet':
            return first === 'sources' && second ? <SourcePage key={second} address={second} />
                : first === 'sources' ? <Sources query={address.query} />
                : <Observatory query={address.query} />;
        case 'contacts':
            return <Contacts query={address.query} />;
        case 'backscatter':
            return <Backscatter query={address.query} />;
        case 'synchrony':
            return <Synchrony start={first ?? null} />;
        case 'livenet':
            return <Livenet query={address.query} />;
        case 'trace':
            return <TracePage query={address.query} />;
        default:
            return (
                <Notice title="state.not_found" what="state.not_found_do">
                    <a class="button" href="#/cases">
                        {text('state.to_cases')}
                    </a>
                </Notice>
            );
    }
}

function useGlobalKeys(setHelp: (open: boolean) => void): void {
    const leader = useRef(0);
    const { viewer } = useApp();
    const pages: Record<string, string> = viewer ? { o: '#/contacts' } : {
        c: '#/cases', a: '#/alerts', h: '#/hosts', m: '#/samples', u: '#/hunt', s: '#/health',
        d: '#/darknet', o: '#/contacts', b: '#/backscatter', y: '#/synchrony', l: '#/livenet',
    };
    const after = (event: KeyboardEvent): void => {
        const page = pages[event.key];
        if (page && Date.now() - leader.current < 1000) {
            go(page);
        }
        leader.current = 0;
    };
    useKeys({
        '?': () => setHelp(true),
        g: () => (leader.current = Date.now()),
        ...Object.fromEntries(Object.keys(pages).map((key) => [key, after])),
    });
}

function Console(): JSX.Element {
    const app = useApplication();
    const address = useAddress();
    const [help, setHelp] = useState(false);
    return (
        <AppContext.Provider value={app}>
            <Frame app={app} address={address} help={help} setHelp={setHelp} />
        </AppContext.Provider>
    );
}

interface FrameProps {
    app: App & { denied: boolean };
    address: Address;
    help: boolean;
    setHelp: (open: boolean) => void;
}

function Frame({ app, address, help, setHelp }: FrameProps): JSX.Element {
    const text = useText();
    const Shown = app.viewer ? OwnPage : Page;
    useGlobalKeys(setHelp);
    return (
        <>
            <a class="skip" href="#main" onClick={(event) => {
                event.preventDefault();
                document.getElementById('main')?.focus();
            }}>
                {text('app.skip')}
            </a>
            <Bar app={app} onHelp={() => setHelp(true)} />
            <div class="frame">
                <Navigation app={app} page={address.page} />
                <main id="main" tabIndex={-1}>
                    {app.denied ? <TokenForm /> : app.viewer !== null && <Shown address={address} />}
                </main>
            </div>
            {help && <Help onClose={() => setHelp(false)} />}
        </>
    );
}

takeTokenFromAddress();
render(<Console />, document.getElementById('console')!);

