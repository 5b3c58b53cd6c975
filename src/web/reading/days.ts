/** The reader's days and times: always in their own zone and language. */

/** Names a day of the reader's calendar: equal for two times of the same day. */
export function dayOf(timeMs: number): string {
  const date = new Date(timeMs);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** What stands above the first message of a day. */
export function dayText(timeMs: number, nowMs: number, locale?: string): string {
  const days = daysBetween(timeMs, nowMs);
  if (days === 0 || days === 1) {
    return capitalised(new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day"));
  }
  const isRecent = days > 0 && days < 7;
  return dateText(timeMs, locale, {
    weekday: "long",
    ...(!isRecent && { day: "numeric", month: "long", ...yearOf(timeMs, nowMs) }),
  });
}

/** The time of day. */
export function clockText(timeMs: number, locale?: string): string {
  return dateText(timeMs, locale, { timeStyle: "short" });
}

/** Day and time, for whoever asks exactly. */
export function fullTimeText(timeMs: number, locale?: string): string {
  return dateText(timeMs, locale, { dateStyle: "full", timeStyle: "short" });
}

/** As short as the list has room for: the time today, the weekday in this week, else the date, with its year if that is not this year. */
export function listTimeText(timeMs: number, nowMs: number, locale?: string): string {
  const days = daysBetween(timeMs, nowMs);
  if (days === 0) {
    return clockText(timeMs, locale);
  }
  const isRecent = days > 0 && days < 7;
  return dateText(
    timeMs,
    locale,
    isRecent ? { weekday: "short" } : { day: "numeric", month: "short", ...yearOf(timeMs, nowMs) },
  );
}

export function lastSeenText(timeMs: number, nowMs: number, locale?: string): string {
  const minutes = Math.max(0, Math.floor((nowMs - timeMs) / 60_000));
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (minutes < 60) {
    return `last seen ${minutes < 1 ? "just now" : relative.format(-minutes, "minute")}`;
  }
  const days = daysBetween(timeMs, nowMs);
  return days < 2
    ? `last seen ${relative.format(-days, "day")} at ${clockText(timeMs, locale)}`
    : `last seen ${dateText(timeMs, locale, { day: "numeric", month: "long", ...yearOf(timeMs, nowMs) })}`;
}

/** A date without a year is read as one of this year. */
function yearOf(timeMs: number, nowMs: number): Intl.DateTimeFormatOptions {
  const isThisYear = new Date(timeMs).getFullYear() === new Date(nowMs).getFullYear();
  return isThisYear ? {} : { year: "numeric" };
}

/** Midnights between the two times. Rounded: where the clocks change, a day has 23 or 25 hours. */
function daysBetween(timeMs: number, nowMs: number): number {
  return Math.round((midnight(nowMs) - midnight(timeMs)) / 86_400_000);
}

function midnight(timeMs: number): number {
  return new Date(timeMs).setHours(0, 0, 0, 0);
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format takes longer than all else that draws a row, so they are kept, for each distance to UTC: a reader may travel. */
function dateText(timeMs: number, locale: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([new Date(timeMs).getTimezoneOffset(), locale, options]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, format);
  return format.format(timeMs);
}
