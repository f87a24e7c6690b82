import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { printJson } from '../../api/json.ts';
import { valueAt, withValue } from './draft.ts';
import type { Existing } from './existing.ts';
import { type Form, Frame } from './fields.tsx';
import type { SchemaIn } from './json-completions.ts';
import type { JsonEditor } from './json-editor.ts';
import { readBody } from './lines.ts';

type JsonTextProps = {
  /** Id of the field; its label has `…-label`. */
  readonly id: string;
  readonly describedBy: string;
  readonly isWrong: boolean;
  readonly rows: number;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** @throws if the text can't be parsed */
  readonly read: (text: string) => unknown;
  readonly existing: Existing;
  readonly schema?: SchemaIn | undefined;
};

/** Editable JSON: plain text until the editor is loaded, and if it can't be. */
export const JsonText = (props: JsonTextProps) => {
  const { id, describedBy, isWrong, rows, text, onText } = props;
  const newest = useRef(props);
  newest.current = props;
  const place = useRef<HTMLDivElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const [editor, setEditor] = useState<JsonEditor>();
  useEffect(() => {
    let isGone = false;
    let created: JsonEditor | undefined;
    const load = async () => {
      const { createJsonEditor } = await import('./json-editor.ts');
      const [parent, { current: area }] = [place.current, plain];
      if (isGone || parent === null || area === null) return;
      const hadFocus = document.activeElement === area;
      created = createJsonEditor({
        parent,
        text: area.value,
        selection: { anchor: area.selectionStart, head: area.selectionEnd },
        minHeight: `${newest.current.rows * LINE_HEIGHT + PADDING}em`,
        onText: (typed) => newest.current.onText(typed),
        check: (typed) => failureOf(newest.current.read, typed),
        parameters: () => parametersOf(newest.current.existing),
        schema: () => newest.current.schema,
      });
      if (hadFocus) created.focus();
      setEditor(created);
    };
    load().catch((error: unknown) => console.warn('The editor could not be loaded', error));
    return () => {
      isGone = true;
      created?.destroy();
    };
  }, []);
  const attributes = { id, 'aria-describedby': describedBy, 'aria-invalid': isWrong ? 'true' : 'false' } as const;
  useLayoutEffect(() => {
    editor?.describe({ ...attributes, 'aria-labelledby': `${id}-label` });
    const label = document.getElementById(`${id}-label`);
    const focus = () => editor?.focus();
    label?.addEventListener('click', focus);
    return () => label?.removeEventListener('click', focus);
  }, [editor, ...Object.values(attributes)]);
  return (
    <>
      {editor === undefined ? (
        <textarea
          ref={plain}
          {...attributes}
          rows={rows}
          spellcheck={false}
          value={text}
          onInput={({ currentTarget: { value } }) => onText(value)}
        />
      ) : null}
      <div ref={place} />
    </>
  );
};

const LINE_HEIGHT = 1.4;
const PADDING = 0.7;

const failureOf = (read: (text: string) => unknown, text: string): string | undefined => {
  try {
    read(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** Texts that the service replaces when it sends a request. */
export const parametersOf = ({ variables, secrets }: Existing): readonly string[] => [
  '${T:YYYY-MM-DD}',
  ...variables.map((name) => `\${${name}}`),
  ...secrets.map((name) => `\${secret:${name}}`),
];

type JsonFieldProps = {
  readonly form: Form;
  /** Pointer of the field in the job. */
  readonly pointer: string;
  readonly label: string;
  readonly onReadable: (isReadable: boolean) => void;
};

/** A field with any JSON. The typed text is kept; while it can't be parsed, the draft is unchanged. */
export const JsonField = ({ onReadable, ...field }: JsonFieldProps) => {
  const { form, pointer } = field;
  const [text, setText] = useState(() => printJson(valueAt(form.draft, pointer)));
  const unreadable = failureOf(readBody, text);
  const errors = unreadable === undefined ? form.errors : new Map([[pointer, unreadable]]);
  const write = (typed: string) => {
    setText(typed);
    const isReadable = failureOf(readBody, typed) === undefined;
    if (isReadable) form.setDraft(withValue(form.draft, pointer, readBody(typed)));
    onReadable(isReadable);
  };
  return (
    <Frame {...field} form={{ ...form, errors }} hint="JSON; put text in quotes">
      {(frame) => <JsonText {...frame} rows={4} text={text} onText={write} read={readBody} existing={form.existing} />}
    </Frame>
  );
};
