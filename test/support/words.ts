import { parseSync } from '@swc/core';
import MarkdownIt from 'markdown-it';

/** A phrase that isn't standard English, and what to write instead. */
export type Phrase = { readonly phrase: string; readonly instead: string };
/** A piece of text that people read. Sentences are bounded in prose only: not in tables, headings and messages. */
export type Text = { readonly line: number; readonly text: string; readonly isProse: boolean };
/** Something to rewrite; `line` counts from 1. */
export type Finding = { readonly line: number; readonly found: string; readonly advice: string };

const MAX_SENTENCE_WORDS = 30;

const markdown = new MarkdownIt();

/** The checked phrases of a document: those in code style in the first column of its table `instead of | write`. */
export const readPhrases = (document: string): Phrase[] => {
  const [, table = ''] = document.split('| instead of | write |\n| --- | --- |\n');
  const rows = (table.split('\n\n')[0] ?? '').trim().split('\n');
  return rows.flatMap((row) => {
    const [, phrases = '', instead = ''] = row.split('|');
    return [...phrases.matchAll(/`([^`]+)`/g)].map(([, phrase = '']) => ({ phrase, instead: instead.trim() }));
  });
};

/** The texts of a Markdown page, without its code. */
export const textsOfPage = (page: string): Text[] => {
  let isProse = true;
  let line = 1;
  return markdown.parse(page, {}).flatMap((token): Text[] => {
    if (/^(heading|table)_/.test(token.type)) isProse = token.type.endsWith('_close');
    // Cells of tables have no line of their own, but that of their row.
    line = (token.map?.[0] ?? line - 1) + 1;
    if (token.type !== 'inline') return [];
    const text = (token.children ?? []).map(({ type, content }) => {
      if (type === 'softbreak') return '\n';
      return type === 'code_inline' ? '`…`' : content;
    });
    return [{ line, text: text.join(''), isProse }];
  });
};

/** The string literals, templates and JSX texts of a TypeScript file, without SQL, and without paths and identifiers. */
export const textsOfSource = (source: string, { isTsx }: { readonly isTsx: boolean }): Text[] => {
  const texts: Text[] = [];
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && 'raw' in node && typeof node.raw === 'string' && isMessage(node.type, node.raw)) {
      const line = source.slice(0, Math.max(0, source.indexOf(node.raw))).split('\n').length;
      texts.push({ line, text: node.raw, isProse: false });
    }
    const isTagged = 'tag' in node && 'template' in node;
    for (const child of isTagged ? expressionsOf(node.template) : Object.values(node)) collect(child);
  };
  collect(parseSync(source, { syntax: 'typescript', tsx: isTsx, target: 'es2022' }));
  return texts;
};

const expressionsOf = (template: unknown): unknown[] =>
  typeof template === 'object' && template !== null && 'expressions' in template && Array.isArray(template.expressions)
    ? template.expressions
    : [];

const PATH_OR_IDENTIFIER = /^['"][^\sA-Z]*['"]$/;

const isLiteral = (type: unknown): boolean =>
  type === 'StringLiteral' || type === 'TemplateElement' || type === 'JSXText';

const isMessage = (type: unknown, raw: string): boolean =>
  raw.trim() !== '' && isLiteral(type) && !(type === 'StringLiteral' && PATH_OR_IDENTIFIER.test(raw));

/** Returns a function that finds the phrases in a text. */
export const createPhraseFinder = (phrases: readonly Phrase[]): ((text: Text) => Finding[]) => {
  const insteadOf = new Map(phrases.map(({ phrase, instead }) => [phrase, instead]));
  const pattern = new RegExp(
    `(?<![\\w-])(?:${phrases.map(({ phrase }) => phrase.replaceAll(' ', '\\s+')).join('|')})(?![\\w-])`,
    'gi',
  );
  return ({ line, text }) =>
    [...text.matchAll(pattern)].map(({ 0: match, index }) => {
      const found = match.toLowerCase().replaceAll(/\s+/g, ' ');
      return { line: lineAt(line, text, index), found, advice: `write: ${insteadOf.get(found)}` };
    });
};

/** The sentences of prose that are too long. */
export const findLongSentences = ({ line, text, isProse }: Text): Finding[] => {
  if (!isProse) return [];
  return [...text.matchAll(/.*?(?:[.!?…]["”'’)\]]*(?=\s)|$)/gs)].flatMap(({ 0: sentence, index }) => {
    const words = sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}`]/u.test(word));
    if (words.length <= MAX_SENTENCE_WORDS) return [];
    const found = `${words.slice(0, 6).join(' ')} …`;
    const advice = `${words.length} words; split it, at most ${MAX_SENTENCE_WORDS}`;
    return [{ line: lineAt(line, text, index + sentence.search(/\S/)), found, advice }];
  });
};

const lineAt = (first: number, text: string, index: number): number =>
  first + text.slice(0, index).split('\n').length - 1;
