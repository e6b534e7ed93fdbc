// Talking to the server: one function to ask, one to listen.
const TOKEN_KEY = 'hinomi.token';

export class ApiError extends Error {
    constructor(
        readonly status: number, // 0: the server is gone
        message: string,
    ) {
        super(message);
    }
}

// The token arrives once in the address (#token=…), is kept for this origin, and leaves the address.
export function takeTokenFromAddress(): void {
    const match = /^#token=([0-9a-f]{64})$/.exec(location.hash);
    if (match) {
        saveToken(match[1] ?? '');
        history.replaceState(null, '', location.pathname);
    }
}

export function saveToken(token: string): void {
    localStorage.setItem(TOKEN_KEY, token.trim());
}

function headers(): Record<string, string> {
    return { Authorization: `Bearer ${localStorage.getItem(TOKEN_KEY) ?? ''}` };
}

async function ask(path: string, options: RequestInit): Promise<Response> {
    let response: Response;
    try {
        response = await fetch(path, { ...options, headers: headers() });
    } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') {
            throw error;
        }
        throw new ApiError(0, String(error));
    }
    if (!response.ok) {
        const body = (await response.json().catch(() => ({}))) as { error?: string };
        throw new ApiError(response.status, body.error ?? response.statusText);
    }
    return response;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return (await (await ask(path, signal ? { signal } : {})).json()) as T;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
    const options = { method: 'POST', body: JSON.stringify(body) };
    return (await (await ask(path, options)).json()) as T;
}

// A file as it is, for the server to look at.
export async function send<T>(path: string, file: Blob): Promise<T> {
    return (await (await ask(path, { method: 'POST', body: file })).json()) as T;
}

export async function download(path: string, name: string): Promise<void> {
    const blob = await (await ask(path, {})).blob();
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export interface StreamEvent {
    name: string;
    data: unknown;
}

function eventOf(block: string): StreamEvent | null {
    const name = /^event: (.*)$/m.exec(block)?.[1];
    const data = /^data: (.*)$/m.exec(block)?.[1];
    return name && data ? { name, data: JSON.parse(data) as unknown } : null;
}

// Listen until the connection ends. EventSource cannot send the token, so the stream is read here.
async function listenOnce(
    signal: AbortSignal,
    onOpen: () => void,
    onEvent: (event: StreamEvent) => void,
): Promise<void> {
    const response = await ask('/api/stream', { signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    onOpen();
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return;
        }
        const blocks = (text + value).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
            const event = eventOf(block);
            if (event) {
                onEvent(event);
            }
        }
    }
}

// Keep listening while the page is visible, coming back with growing pauses. Returns the way to stop.
export function listen(
    onConnected: (connected: boolean, error?: ApiError) => void,
    onEvent: (event: StreamEvent) => void,
): () => void {
    let controller: AbortController | null = null;
    let timer = 0;
    let pause = 500;

    async function run(): Promise<void> {
        const mine = new AbortController();
        controller = mine;
        let error: ApiError | undefined;
        try {
            await listenOnce(
                mine.signal,
                () => {
                    pause = 500;
                    onConnected(true);
                },
                onEvent,
            );
        } catch (caught) {
            error = caught instanceof ApiError ? caught : undefined;
        }
        if (mine.signal.aborted) {
            return;
        }
        onConnected(false, error);
        timer = window.setTimeout(run, pause);
        pause = Math.min(pause * 2, 5000);
    }
    // A browser allows six connections to a server; a hidden tab gives its one back.
    function onVisibility(): void {
        clearTimeout(timer);
        controller?.abort();
        if (!document.hidden) {
            void run();
        }
    }
    document.addEventListener('visibilitychange', onVisibility);
    onVisibility();
    return () => {
        document.removeEventListener('visibilitychange', onVisibility);
        clearTimeout(timer);
        controller?.abort();
    };
}
