import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  ensureSyntaxTree,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, linter, lintGutter } from '@codemirror/lint';
import { Compartment, type EditorState } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { StyleModule } from 'style-mod';
import { optionsAt, placeAfter, type SchemaIn } from './json-completions.ts';

/*
 * An editor for JSON. Its code is large, so forms load it when they show a field with JSON. Tab leaves the editor.
 *
 * CodeMirror writes its style into a <style> element, which the content security policy forbids. It allows style sheets that
 * a script constructs.
 */
const sheets = new Map<StyleModule, CSSStyleSheet>();
StyleModule.mount = (_root, modules) => {
  for (const module of [modules].flat()) {
    if (sheets.has(module)) continue;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(module.getRules());
    sheets.set(module, sheet);
    document.adoptedStyleSheets.push(sheet);
  }
};

type EditorOptions = {
  readonly parent: HTMLElement;
  readonly text: string;
  readonly selection: { readonly anchor: number; readonly head: number };
  readonly minHeight: string;
  readonly onText: (text: string) => void;
  /** What is wrong with a text; `undefined` if nothing is. */
  readonly check: (text: string) => string | undefined;
  /** Parameters that strings can contain, such as `${T}`. */
  readonly parameters: () => readonly string[];
  readonly schema: () => SchemaIn | undefined;
};

export type JsonEditor = {
  /** Sets attributes of the edited text, such as its accessible name. */
  readonly describe: (attributes: Record<string, string>) => void;
  readonly focus: () => void;
  readonly destroy: () => void;
};

export const createJsonEditor = (options: EditorOptions): JsonEditor => {
  const { parent, text, selection, minHeight, onText } = options;
  const described = new Compartment();
  const view = new EditorView({
    parent,
    doc: text,
    selection,
    extensions: [
      lineNumbers(),
      lintGutter(),
      history(),
      indentOnInput(),
      bracketMatching(),
      json(),
      syntaxHighlighting(COLORS),
      EditorView.lineWrapping,
      linter(({ state }) => diagnosticsOf(state, options)),
      autocompletion({
        override: [(context) => parametersAt(context, options), (context) => schemaAt(context, options)],
      }),
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
      EditorView.updateListener.of(({ docChanged, state }) => docChanged && onText(state.doc.toString())),
      // A button of the form pastes into an editor without the focus. Its own cursor counts, not the browser's.
      EditorView.domEventHandlers({ paste: (_event, { hasFocus }) => void (hasFocus || view.focus()) }),
      described.of([]),
      STYLE,
      EditorView.theme({ '.cm-content, .cm-gutter': { minHeight } }),
    ],
  });
  return {
    describe: (attributes) =>
      view.dispatch({ effects: described.reconfigure(EditorView.contentAttributes.of(attributes)) }),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
};

const PARSE_TIMEOUT_MS = 100;

/** The first syntax error, at its place. */
const diagnosticsOf = (state: EditorState, { check }: EditorOptions): readonly Diagnostic[] => {
  const message = check(state.doc.toString());
  if (message === undefined) return [];
  const errors: { readonly from: number; readonly to: number }[] = [];
  ensureSyntaxTree(state, state.doc.length, PARSE_TIMEOUT_MS)?.iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push({ from, to });
    },
  });
  const { from, to } = errors[0] ?? { from: 0, to: state.doc.line(1).to };
  return [{ from, to, severity: 'error', message }];
};

const PARAMETER = /\$\{?[\w:.-]*/;

const parametersAt = (context: CompletionContext, { parameters }: EditorOptions): CompletionResult | null => {
  const typed = context.matchBefore(PARAMETER);
  if (typed === null) return null;
  return { from: typed.from, options: parameters().map((label) => ({ label, type: 'variable' })), validFor: PARAMETER };
};

const schemaAt = (context: CompletionContext, { schema }: EditorOptions): CompletionResult | null => {
  const known = schema();
  const { doc } = context.state;
  const place = placeAfter(doc.sliceString(0, context.pos));
  if (known === undefined || place === undefined) return null;
  // The rest of a string follows, so this changes one that is complete.
  if (/^[^"\n]*"/.test(doc.sliceString(context.pos, doc.lineAt(context.pos).to))) return null;
  if (place.from === context.pos && !context.explicit) return null;
  const options = optionsAt(known, place).map((label) => ({ label, apply: place.isKey ? `${label}: ` : label }));
  return { from: place.from, options, validFor: /^"?[\w-]*$/ };
};

const COLORS = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--busy)' },
]);

const STYLE = EditorView.theme({
  '&': {
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius-small)',
    background: 'var(--surface)',
    color: 'var(--text)',
    fontSize: 'var(--size-fine)',
  },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '2px' },
  '&:has([aria-invalid=true])': { borderColor: 'var(--bad)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', maxHeight: '70vh', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)', outline: 'none' },
  '.cm-gutters': { borderColor: 'var(--line)', background: 'var(--surface-2)', color: 'var(--quiet)' },
  '&.cm-focused .cm-matchingBracket': { background: 'var(--accent-soft)' },
  '.cm-tooltip': { border: '1px solid var(--line-strong)', background: 'var(--surface)', color: 'var(--text)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { background: 'var(--accent-soft)', color: 'var(--text)' },
  '@media print': { '.cm-scroller': { maxHeight: 'none' } },
});
