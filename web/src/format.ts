// Numbers grouped, times ISO in the reader's own zone.
const grouped = new Intl.NumberFormat('en-US');

export const number = (value: number): string => grouped.format(value);

const two = (value: number): string => String(value).padStart(2, '0');

export function dateOf(time: string): string {
    const date = new Date(time);
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function clockOf(time: string): string {
    const date = new Date(time);
    return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export const dateTimeOf = (time: string): string => `${dateOf(time)} ${clockOf(time)}`;

// Times inside a sentence of the server's are UTC; people read their own.
export const inLocalTime = (sentence: string): string =>
    sentence.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, dateTimeOf);

// "+09:00": said once on a page, so that bare clock times are not ambiguous.
export function zone(): string {
    const minutes = -new Date().getTimezoneOffset();
    const size = Math.abs(minutes);
    return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

// "C:\a\b\program.exe" → "program.exe"
export const baseName = (path: string): string => path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1);

export function bytes(size: number): string {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let i = 0;
    for (; size >= 1024 && i < units.length - 1; i++) {
        size /= 1024;
    }
    return `${i === 0 ? size : size.toFixed(1)} ${units[i]}`;
}
