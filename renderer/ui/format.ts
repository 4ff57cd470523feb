const whole = new Intl.NumberFormat('en-GB');

/** 12408 → "12,408". */
export function count(value: number): string {
  return whole.format(value);
}

/** "1 picture", "4 pictures". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A seed in groups of three, as the page shows it: "4 071 226". */
export function seedText(seed: number): string {
  return whole.format(seed).replaceAll(',', ' ');
}

/** Milliseconds as a person says them: "40 ms", "8.6 s", "3 min 20 s", "1 h 5 min". */
export function duration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

/** Time left, rounded so that it does not flicker: "9 s left". */
export function timeLeft(ms: number): string {
  return `${ms < 60_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : duration(Math.round(ms / 5000) * 5000)} left`;
}

export function bytes(value: number): string {
  if (value < 1e6) return `${Math.max(1, Math.round(value / 1e3))} kB`;
  if (value < 1e9) return `${Math.round(value / 1e6)} MB`;
  return `${(value / 1e9).toFixed(value < 1e10 ? 1 : 0)} GB`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'long' });
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

function daysAgo(time: number, now: number): number {
  return Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / 86_400_000);
}

/** The heading a picture stands under: "Today", "Yesterday", "Monday", "3 November", "3 November 2025". */
export function dayName(time: number, now = Date.now()): string {
  const days = daysAgo(time, now);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days < 7) return weekday.format(time);
  return new Date(time).getFullYear() === new Date(now).getFullYear() ? dayMonth.format(time) : full.format(time);
}

/** "today 22:18", "3 November 22:18". */
export function moment(time: number, now = Date.now()): string {
  const day = dayName(time, now);
  return `${/^(Today|Yesterday)$/.test(day) ? day.toLowerCase() : day} ${clock.format(time)}`;
}

export function clockTime(time: number): string {
  return clock.format(time);
}
