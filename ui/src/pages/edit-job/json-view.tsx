import { useId, useState } from 'preact/hooks';
import { api, dataOf } from '../../api/client.ts';
import { parseJson, printJson } from '../../api/json.ts';
import { useQuery } from '../../api/queries.ts';
import { JsonTree } from '../../components/json-tree.tsx';
import type { Draft } from './draft.ts';
import type { Form } from './fields.tsx';
import { memberAt } from './json-completions.ts';
import { JsonText } from './json-field.tsx';

type JsonViewProps = { readonly form: Form; readonly onReadable: (isReadable: boolean) => void };

/** The whole job as JSON beside its schema. */
export const JsonView = ({ form, onReadable }: JsonViewProps) => {
  const id = useId();
  const [text, setText] = useState(() => printJson(form.draft));
  const [failure, setFailure] = useState<string>();
  const { data: document } = useQuery({
    key: ['schema'],
    load: (signal) => dataOf(api.GET('/openapi.json', { signal })),
    live: false,
  });
  const write = (typed: string) => {
    setText(typed);
    try {
      form.setDraft(readDraft(typed));
      setFailure(undefined);
      onReadable(true);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
      onReadable(false);
    }
  };
  return (
    <div class="stack">
      <div class="field">
        <label id={`${id}-label`} for={id}>
          Job as JSON
        </label>
        <JsonText
          id={id}
          describedBy={`${id}-about`}
          isWrong={failure !== undefined}
          rows={26}
          text={text}
          onText={write}
          read={readDraft}
          existing={form.existing}
          schema={document === undefined ? undefined : { document, pointer: SCHEMA }}
        />
      </div>
      <div id={`${id}-about`} class="stack">
        {failure === undefined ? null : (
          <p class="field-error" role="alert">
            {failure}
          </p>
        )}
        <ul class="said">
          {[...form.errors].map(([pointer, message]) => (
            <li key={pointer} class="field-wrong">
              <code>{pointer}</code> {message}
            </li>
          ))}
        </ul>
      </div>
      <details>
        <summary>Fields of a job</summary>
        <div class="json">
          <JsonTree value={memberAt(document, SCHEMA)} />
        </div>
      </details>
    </div>
  );
};

/** The schema of a new job in the API description. */
const SCHEMA = '/components/schemas/CreateJob';

/** @throws Error if the text is no JSON object */
const readDraft = (text: string): Draft => {
  const read = parseJson(text);
  if (!isDraft(read)) throw new Error('A job must be a JSON object: { … }');
  return read;
};

const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
