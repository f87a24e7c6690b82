import { BREAK, type View } from './view.ts';

/** A part of the original text; `end` is exclusive. */
export type TextSpan = { readonly start: number; readonly end: number };

export type SecretSearch = {
  /** Whether a text contains any of the secrets. */
  occursIn(text: string): boolean;
  /** Finds secrets in a view, as spans of the original text. */
  find(view: View): TextSpan[];
  /** The beginning of a secret at the very end of a view, if it has at least `fewest` characters. */
  findBeginningAtEnd(view: View, fewest: number): TextSpan | undefined;
};

/**
 * Marks the characters that a comparison skips: backslashes, tabs and line breaks. It also ignores case, and takes `+`
 * for a blank.
 */
const DROPPED = 0xfffe;

const foldOf = (code: number): number => {
  const character = String.fromCharCode(code);
  if ('\\\t\r\n'.includes(character)) return DROPPED;
  if (character === '+') return 0x20;
  if (character === 'ς') return 'σ'.charCodeAt(0);
  const lower = character.toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : code;
};

const ASCII_FOLDS = Uint16Array.from({ length: 128 }, (_, code) => foldOf(code));
const fold = (code: number): number => (code < 128 ? (ASCII_FOLDS[code] ?? code) : foldOf(code));

/** How many characters of a text a comparison does not skip. */
export const foldedLength = (text: string): number => {
  let length = 0;
  for (let at = 0; at < text.length; at++) if (fold(text.charCodeAt(at)) !== DROPPED) length++;
  return length;
};

/**
 * Searches for all patterns in one pass. The time is linear in the length of the text, however similar the patterns.
 * Source: Aho and Corasick, Efficient string matching: an aid to bibliographic search, 1975.
 */
export const createSecretSearch = (patterns: readonly string[]): SecretSearch => {
  const { next, fails, depths, matches } = buildAutomaton(patterns);

  const step = (from: number, code: number): number => {
    for (let node = from; ; node = fails[node] ?? 0) {
      const to = next.get(edge(node, code));
      if (to !== undefined) return to;
      if (node === 0) return 0;
    }
  };

  /** @returns the node at the end of the view, and the indexes of the characters that were not skipped */
  const walk = (view: View, found: (node: number, places: Int32Array, counted: number) => void) => {
    const { text } = view;
    const places = new Int32Array(text.length);
    let counted = 0;
    let node = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === BREAK) {
        if (at < text.length - 1) node = 0;
        continue;
      }
      const folded = fold(code);
      if (folded === DROPPED) continue;
      places[counted++] = at;
      node = step(node, folded);
      if (matches[node] !== 0) found(node, places, counted);
    }
    return { node, places, counted };
  };

  const spanOf = (view: View, places: Int32Array, from: number, until: number): TextSpan => ({
    start: view.starts[places[from] ?? 0] ?? 0,
    end: view.ends[places[until - 1] ?? 0] ?? 0,
  });

  return {
    occursIn: (text) => {
      let node = 0;
      for (let at = 0; at < text.length; at++) {
        const folded = fold(text.charCodeAt(at));
        if (folded === DROPPED) continue;
        node = step(node, folded);
        if (matches[node] !== 0) return true;
      }
      return false;
    },
    find: (view) => {
      const spans: TextSpan[] = [];
      walk(view, (node, places, counted) => spans.push(spanOf(view, places, counted - (matches[node] ?? 0), counted)));
      return spans;
    },
    findBeginningAtEnd: (view, fewest) => {
      const { node, places, counted } = walk(view, () => {});
      const length = depths[node] ?? 0;
      return length < fewest ? undefined : spanOf(view, places, counted - length, counted);
    },
  };
};

const edge = (node: number, code: number): number => node * 0x1_0000 + code;

type Automaton = {
  readonly next: ReadonlyMap<number, number>;
  /** By node: the node of its longest proper suffix that is the beginning of a pattern. */
  readonly fails: Int32Array;
  /** By node: how many characters lead to it. */
  readonly depths: readonly number[];
  /** By node: the length of the longest pattern that ends there; 0 if none does. */
  readonly matches: Int32Array;
};

const buildAutomaton = (patterns: readonly string[]): Automaton => {
  const next = new Map<number, number>();
  const parents = [0];
  const codes = [0];
  const depths = [0];
  const ends = new Set<number>();
  for (const pattern of patterns) {
    let node = 0;
    for (let at = 0; at < pattern.length; at++) {
      const code = fold(pattern.charCodeAt(at));
      if (code === DROPPED) continue;
      const known = next.get(edge(node, code));
      if (known === undefined) {
        next.set(edge(node, code), parents.length);
        parents.push(node);
        codes.push(code);
        depths.push((depths[node] ?? 0) + 1);
      }
      node = known ?? parents.length - 1;
    }
    if (node !== 0) ends.add(node);
  }
  const fails = new Int32Array(parents.length);
  const matches = new Int32Array(parents.length);
  for (const node of byDepth(depths)) {
    const parent = parents[node] ?? 0;
    const code = codes[node] ?? 0;
    if (parent !== 0) {
      let from = fails[parent] ?? 0;
      while (from !== 0 && !next.has(edge(from, code))) from = fails[from] ?? 0;
      fails[node] = next.get(edge(from, code)) ?? 0;
    }
    matches[node] = ends.has(node) ? (depths[node] ?? 0) : (matches[fails[node] ?? 0] ?? 0);
  }
  return { next, fails, depths, matches };
};

/** All nodes but the root, in the order of their depth. */
const byDepth = (depths: readonly number[]): number[] => {
  const levels: number[][] = [];
  depths.forEach((depth, node) => {
    const level = levels[depth] ?? [];
    levels[depth] = level;
    level.push(node);
  });
  return levels.slice(1).flat();
};
