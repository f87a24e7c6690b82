import type { HttpJobSnapshot, WorkerJobSnapshot } from '../events/index.ts';
import type { JsonValue } from '../values.ts';
import { MASK } from './mask.ts';
import {
  createSecretSearch,
  foldedLength,
  formsOf,
  MAX_LAYERS,
  type SecretSearch,
  type TextSpan,
  unescapeOnce,
} from './secret-search.ts';
import { decodedRuns, type View, viewOf } from './view.ts';

/**
 * Limits for the response's data and the parts of the snapshot, in bytes of JSON. With them, the event of an outcome always
 * fits into one append (1 MiB) and one Kafka message (900 KiB).
 */
export const MAX_DATA_BYTES = 256 * 1_024;
const MAX_URL_BYTES = 16 * 1_024;
const MAX_HEADERS_BYTES = 64 * 1_024;
const MAX_BODY_BYTES = 64 * 1_024;
const MAX_PARAMETERS_BYTES = 64 * 1_024;
const MAX_MESSAGE_CHARACTERS = 2_000;

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

type Data = { readonly data: JsonValue; readonly truncated: boolean };

/** Data, or the beginning of its text if it is too large. */
export const dataWithinSize = (given: Data): Data => {
  // A character takes at most six bytes in JSON, so a short text fits without being measured.
  if (typeof given.data === 'string' && given.data.length * 6 <= MAX_DATA_BYTES) return given;
  if (jsonBytes(given.data) <= MAX_DATA_BYTES) return given;
  const text = typeof given.data === 'string' ? given.data : JSON.stringify(given.data);
  return { data: textWithinSize(text, MAX_DATA_BYTES), truncated: true };
};

/** The longest beginning of a text that takes at most `mostBytes` as JSON, found by binary search. */
const textWithinSize = (text: string, mostBytes: number): string => {
  let fits = 0;
  let exceeds = text.length + 1;
  while (exceeds - fits > 1) {
    const length = Math.floor((fits + exceeds) / 2);
    if (jsonBytes(text.slice(0, length)) <= mostBytes) fits = length;
    else exceeds = length;
  }
  return text.slice(0, fits).toWellFormed();
};

/** Cuts a message off after 2,000 characters. */
export const messageWithinSize = (message: string): string =>
  message.length <= MAX_MESSAGE_CHARACTERS
    ? message
    : `${message.slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed()}… (${message.length} characters)`;

/** A snapshot in which parts that are too large are replaced by a note of the omission. */
export const httpSnapshotWithinSize = (snapshot: HttpJobSnapshot): HttpJobSnapshot => {
  if (jsonBytes(snapshot) <= MAX_BODY_BYTES) return snapshot;
  const { url, headers, body, resolvedParameters, ...rest } = snapshot;
  const keptHeaders = firstWithin(Object.entries(headers), MAX_HEADERS_BYTES);
  const keptParameters = firstWithin(resolvedParameters, MAX_PARAMETERS_BYTES);
  const omitted = {
    headers: Object.keys(headers).length - keptHeaders.length,
    resolvedParameters: resolvedParameters.length - keptParameters.length,
  };
  return {
    ...rest,
    url: jsonBytes(url) <= MAX_URL_BYTES ? url : `${textWithinSize(url, MAX_URL_BYTES)}…`,
    headers: Object.fromEntries(keptHeaders),
    ...(body === undefined ? {} : { body: jsonWithinSize(body) }),
    resolvedParameters: keptParameters,
    ...(omitted.headers + omitted.resolvedParameters === 0 ? {} : { omitted }),
  };
};

/** The same for the work of a queue. */
export const workerSnapshotWithinSize = (snapshot: WorkerJobSnapshot): WorkerJobSnapshot => {
  if (jsonBytes(snapshot) <= MAX_BODY_BYTES) return snapshot;
  const { input, resolvedParameters, ...rest } = snapshot;
  const kept = firstWithin(resolvedParameters, MAX_PARAMETERS_BYTES);
  const omitted = resolvedParameters.length - kept.length;
  return {
    ...rest,
    ...(input === undefined ? {} : { input: jsonWithinSize(input) }),
    resolvedParameters: kept,
    ...(omitted === 0 ? {} : { omitted: { resolvedParameters: omitted } }),
  };
};

const jsonWithinSize = (body: JsonValue): JsonValue => {
  const bytes = jsonBytes(body);
  return bytes <= MAX_BODY_BYTES ? body : { omitted: true, bytes };
};

/** The longest prefix of items that takes at most `mostBytes` as JSON. */
const firstWithin = <T>(items: readonly T[], mostBytes: number): T[] => {
  let left = mostBytes;
  const end = items.findIndex((item) => {
    left -= jsonBytes(item) + 1;
    return left < 0;
  });
  return items.slice(0, end === -1 ? items.length : end);
};

export type Redaction = {
  text(text: string): string;
  /** Masks at any depth, and in keys too. */
  value(value: JsonValue): JsonValue;
  /** Masks in a text that was cut off: the beginning of a secret at its end is masked too. */
  cutText(text: string): string;
};

/**
 * Secrets shorter than this are masked only if they are a whole value. Inside of texts they would match too often, and
 * the masks would reveal them.
 */
export const MIN_STRUCK_LENGTH = 4;

/** If all forms of all secrets together have more characters than this, they are not searched for: all is masked. */
const MAX_PATTERN_CHARACTERS = 200_000;
/** How many characters are searched for one value, in all its views together. A value with more is masked whole. */
const MAX_WORK = 6_000_000;

/** How many characters may still be searched for the value at hand. */
type Budget = { left: number };

const nothingToStrike: Redaction = { text: (text) => text, value: (value) => value, cutText: (text) => text };
const everythingMasked: Redaction = { text: () => MASK, value: () => MASK, cutText: () => MASK };

const build = (secrets: readonly string[]): Redaction => {
  const whole = new Set(secrets);
  const long = secrets.filter((secret) => secret.length >= MIN_STRUCK_LENGTH);
  const patterns = [...new Set(long.flatMap(formsOf))].filter((form) => foldedLength(form) >= MIN_STRUCK_LENGTH);
  const characters = patterns.reduce((sum, { length }) => sum + length, 0);
  if (characters > MAX_PATTERN_CHARACTERS) return everythingMasked;
  // Secrets that are mostly backslashes or line breaks, which a comparison skips: they are searched for exactly.
  const bare = long.filter((secret) => foldedLength(secret) < MIN_STRUCK_LENGTH);
  const search = createSecretSearch(patterns);
  const shortest = Math.min(...patterns.map(foldedLength), ...bare.map(({ length }) => length));
  const maybeEscaped = new RegExp(
    `[\\\\\\r\\n\\t%&]|[A-Za-z0-9+/_\\r\\n-]{${Math.min(base64Length(shortest), 1_000)}}`,
  );

  const strike = (given: string, budget: Budget, look: Look): string => {
    if (whole.has(given)) return MASK;
    if (given.length < look.fewest(shortest)) return given;
    if (look === WHOLE_SECRETS && !maybeEscaped.test(given) && !search.occursIn(given)) return given;
    const spans = spansIn(given, { search, bare, shortest, budget, look });
    return spans === undefined ? MASK : masked(given, spans);
  };

  const struckValue = (given: JsonValue, budget: Budget): JsonValue => {
    if (budget.left < 0) return MASK;
    switch (typeof given) {
      case 'string':
        return strike(given, budget, WHOLE_SECRETS);
      case 'number':
        return whole.has(String(given)) ? MASK : given;
      case 'boolean':
        return given;
      case 'object':
        if (given === null) return null;
        if (Array.isArray(given)) return given.map((item) => struckValue(item, budget));
        return Object.fromEntries(
          Object.entries(given).map(([key, item]) => [strike(key, budget, WHOLE_SECRETS), struckValue(item, budget)]),
        );
    }
  };

  return {
    text: (given) => strike(given, { left: MAX_WORK }, WHOLE_SECRETS),
    value: (given) => {
      const budget = { left: MAX_WORK };
      const struck = struckValue(given, budget);
      return budget.left < 0 ? MASK : struck;
    },
    cutText: (given) => strike(given, { left: MAX_WORK }, ALSO_BEGINNINGS),
  };
};

/** Minimum base64 characters that encode this many bytes. */
const base64Length = (bytes: number): number => (Number.isFinite(bytes) ? Math.ceil((bytes * 8) / 6) : 1);

/** What to search for in a view. */
type Look = {
  /** Texts with fewer characters than this need no search. */
  readonly fewest: (shortest: number) => number;
  readonly find: (search: SecretSearch, view: View) => readonly TextSpan[];
};

const WHOLE_SECRETS: Look = { fewest: (shortest) => shortest, find: (search, view) => search.find(view) };

/** Matches what is left at the end of a text that was cut off in the middle of an escape. */
const CUT_ESCAPE = /(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3})?|&#?[0-9a-z]{0,8}|[A-Za-z0-9+/_-]{0,3}={0,2})$/i;

const ALSO_BEGINNINGS: Look = {
  fewest: () => MIN_STRUCK_LENGTH,
  find: (search, view) => {
    const { text, sourceLength } = view;
    const ends = [text.length, text.length - (CUT_ESCAPE.exec(text)?.[0].length ?? 0)];
    const beginnings = ends.flatMap((end) => {
      const isAtEnd = (view.ends[end - 1] ?? 0) >= sourceLength - CUT_AT_MOST;
      const span = isAtEnd
        ? search.findBeginningAtEnd({ ...view, text: text.slice(0, end) }, MIN_STRUCK_LENGTH)
        : undefined;
      return span === undefined ? [] : [{ start: span.start, end: sourceLength }];
    });
    return [...search.find(view), ...beginnings];
  },
};

/** Maximum length of the rest of a cut escape in the original, where it may be escaped itself. */
const CUT_AT_MOST = 12;

type SpanOptions = {
  readonly search: SecretSearch;
  /** Secrets that are searched for exactly. */
  readonly bare: readonly string[];
  readonly shortest: number;
  readonly budget: Budget;
  readonly look: Look;
};

/** Finds secrets in a text, plain, escaped or encoded; `undefined` if the search would take too much work. */
const spansIn = (text: string, { search, bare, shortest, budget, look }: SpanOptions): TextSpan[] | undefined => {
  const original = layersOf(viewOf(text), budget);
  const innermost = original?.at(-1);
  if (original === undefined || innermost === undefined) return undefined;
  const outer = original.length === 1 ? original : [original[0] ?? innermost, innermost];
  const encoded = outer.flatMap((view) => decodedRuns(view, look.fewest(shortest)));
  const views = [...original];
  for (const view of encoded) {
    const layers = layersOf(view, budget);
    if (layers === undefined) return undefined;
    views.push(...layers);
  }
  return views.flatMap((view) => [...look.find(search, view), ...bare.flatMap((secret) => literally(secret, view))]);
};

const literally = (secret: string, { text, starts, ends }: View): TextSpan[] => {
  const spans: TextSpan[] = [];
  for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + secret.length)) {
    spans.push({ start: starts[at] ?? 0, end: ends[at + secret.length - 1] ?? 0 });
  }
  return spans;
};

/** A view, followed by the views with one more layer of escapes undone each; undefined if that is too much work. */
const layersOf = (view: View, budget: Budget): View[] | undefined => {
  const layers: View[] = [];
  for (let inner: View | undefined = view; inner !== undefined; inner = unescapeOnce(inner)) {
    budget.left -= inner.text.length;
    if (budget.left < 0 || layers.length > MAX_LAYERS) return undefined;
    layers.push(inner);
  }
  return layers;
};

const masked = (text: string, spans: readonly TextSpan[]): string => {
  if (spans.length === 0) return text;
  let result = '';
  let kept = 0;
  for (const { start, end } of merged(spans)) {
    result += text.slice(kept, start) + MASK;
    kept = end;
  }
  return result + text.slice(kept);
};

/** Joins spans that overlap. */
const merged = (spans: readonly TextSpan[]): TextSpan[] => {
  const result: { start: number; end: number }[] = [];
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
};

/** Maximum total length of the secrets of all cached redactions. Each character takes some hundred bytes in an automaton. */
const KEPT_LENGTH = 100_000;
const kept = new Map<string, Redaction>();
let keptLength = 0;

/** Returns the redaction of some secrets. Cached, because it is expensive to build. */
export const redact = (secrets: readonly string[]): Redaction => {
  const given = secrets.filter((secret) => secret !== '');
  if (given.length === 0) return nothingToStrike;
  const key = JSON.stringify(given);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const strike = build(given);
  keptLength += key.length;
  if (keptLength > KEPT_LENGTH) {
    kept.clear();
    keptLength = key.length;
  }
  kept.set(key, strike);
  return strike;
};
