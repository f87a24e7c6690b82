import { useEffect, useRef } from 'preact/hooks';
import { type Draft, valueAt, withValue } from './draft.ts';
import { type Form, SelectField, TextAreaField, TextField } from './fields.tsx';
import { JsonField, parametersOf } from './json-field.tsx';
import { printHeaders, readHeaders, SEALED_TEXT } from './lines.ts';
import { SecretField } from './secret-field.tsx';
import { WorkerFields } from './worker-fields.tsx';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'].map((method) => [method, method] as const);

type RequestProps = { readonly form: Form; readonly onReadable: (isReadable: boolean) => void };

export const RequestFields = ({ form, onReadable }: RequestProps) => (
  <fieldset class="form-part">
    <legend>Task</legend>
    <KindField form={form} />
    <Insertions existing={form.existing} />
    {isWorker(form) ? (
      <WorkerFields form={form} onReadable={onReadable} />
    ) : (
      <HttpFields form={form} onReadable={onReadable} />
    )}
  </fieldset>
);

const isWorker = ({ draft }: Form): boolean => valueAt(draft, '/taskType') === 'WorkerTask';

const KINDS = [
  ['HttpInvokerTask', 'HTTP request'],
  ['WorkerTask', 'Function of a worker'],
] as const;

/** The kind of the task. Another kind begins with its own fields, because none of the old ones fits. */
const KindField = ({ form }: { readonly form: Form }) => {
  const choose = (draft: Draft) => {
    const { completion: _, deadline: __, heartbeatTimeout: ___, ...rest } = draft;
    form.setDraft({ ...rest, taskConfig: valueAt(draft, '/taskType') === 'WorkerTask' ? {} : { method: 'POST' } });
  };
  return <SelectField form={{ ...form, setDraft: choose }} pointer="/taskType" label="Kind" options={KINDS} />;
};

const HttpFields = ({ form, onReadable }: RequestProps) => (
  <>
    <div class="form-row method-row">
      <SelectField form={form} pointer="/taskConfig/method" label="Method" options={METHODS} />
      {valueAt(form.draft, '/taskConfig/endpoint') === undefined ? (
        <TextField
          form={form}
          pointer="/taskConfig/url"
          label="URL"
          placeholder="https://service.example.com/sync/${T:YYYY-MM-DD}"
          hint={'${NAME} is a variable of the application, ${T:YYYY-MM-DD} the date of the slot'}
        />
      ) : (
        <>
          <TextField form={form} pointer="/taskConfig/endpoint" label="Endpoint" />
          <TextField form={form} pointer="/taskConfig/path" label="Path" />
        </>
      )}
    </div>
    <TextAreaField
      form={form}
      pointer="/taskConfig/headers"
      label="Headers"
      rows={2}
      print={printHeaders}
      read={readHeaders}
      placeholder="Accept: application/json"
      hint={form.keepsSealed ? `One per line. A header with ${SEALED_TEXT} stays unchanged.` : 'One per line'}
    />
    <JsonField form={form} pointer="/taskConfig/body" label="Body" onReadable={onReadable} />
    <AuthFields form={form} />
    <div class="form-row">
      <TextField
        form={form}
        pointer="/taskConfig/timeout"
        label="Timeout"
        placeholder="30s"
        hint="Maximum duration of the call, such as 90s"
      />
      <SelectField
        form={form}
        pointer="/completion"
        label="Completion"
        options={[
          ['', 'When the target responds'],
          ['callback', 'When the target reports the result later'],
        ]}
      />
      {hasCallbackFields(form) ? (
        <>
          <TextField
            form={form}
            pointer="/deadline"
            label="Deadline"
            placeholder="24h"
            hint="Such as 2h; then the execution fails"
          />
          <TextField
            form={form}
            pointer="/heartbeatTimeout"
            label="Heartbeat timeout"
            placeholder="No limit"
            hint="Such as 5m; without a heartbeat for this long, the execution fails"
          />
        </>
      ) : null}
    </div>
  </>
);

/** Also if they are leftovers: the service reports errors beside them. */
const hasCallbackFields = ({ draft }: Form): boolean =>
  valueAt(draft, '/completion') === 'callback' ||
  ['/deadline', '/heartbeatTimeout'].some((pointer) => valueAt(draft, pointer) !== undefined);

const SHOWN_NAMES = 12;

/** Parameters to insert at the cursor; initially into the URL. */
const Insertions = ({ existing }: Pick<Form, 'existing'>) => {
  const place = useRef<HTMLDivElement>(null);
  const written = useRef<HTMLElement | undefined>(undefined);
  useEffect(() => {
    const part = place.current?.parentElement;
    const follow = ({ target }: Event) => {
      if (isWritten(target)) written.current = target;
    };
    part?.addEventListener('focusin', follow);
    return () => part?.removeEventListener('focusin', follow);
  }, []);
  const insert = (text: string) => {
    const last = written.current?.isConnected === true ? written.current : undefined;
    const field = last ?? place.current?.parentElement?.querySelector<HTMLInputElement>('input[type=text]');
    if (field === undefined || field === null) return;
    if (isPlain(field)) {
      const { selectionStart, selectionEnd, value } = field;
      field.setRangeText(text, selectionStart ?? value.length, selectionEnd ?? value.length, 'end');
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.focus();
    } else {
      // The editor inserts this at its cursor and takes the focus.
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', text);
      field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }
  };
  return (
    <div ref={place} class="insertions">
      <span class="quiet small">Insert:</span>
      {parametersOf(existing)
        .slice(0, SHOWN_NAMES)
        .map((text) => (
          <button key={text} type="button" class="tag" onClick={() => insert(text)}>
            {text}
          </button>
        ))}
    </div>
  );
};

const isPlain = (target: EventTarget | null): target is HTMLInputElement | HTMLTextAreaElement =>
  target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === 'text');

const isWritten = (target: EventTarget | null): target is HTMLElement =>
  isPlain(target) || (target instanceof HTMLElement && target.isContentEditable);

const AUTH_METHODS = [
  ['', 'None'],
  ['bearer', 'Bearer token'],
  ['basic', 'User and password'],
  ['oauth2', 'OAuth2 client'],
] as const;

const AuthFields = ({ form }: { readonly form: Form }) => {
  const method = valueAt(form.draft, '/taskConfig/auth/authMethod');
  const choose = (next: unknown) =>
    form.setDraft(withValue(form.draft, '/taskConfig/auth', next === undefined ? undefined : { authMethod: next }));
  const choosing: Form = { ...form, setDraft: (draft) => choose(valueAt(draft, '/taskConfig/auth/authMethod')) };
  return (
    <div class="form-row">
      <SelectField
        form={choosing}
        pointer="/taskConfig/auth/authMethod"
        label="Authentication"
        options={AUTH_METHODS}
      />
      {method === 'bearer' ? <SecretField form={form} pointer="/taskConfig/auth/token" label="Token" /> : null}
      {method === 'basic' ? (
        <>
          <TextField form={form} pointer="/taskConfig/auth/username" label="User" />
          <SecretField form={form} pointer="/taskConfig/auth/password" label="Password" />
        </>
      ) : null}
      {method === 'oauth2' ? (
        <>
          <TextField form={form} pointer="/taskConfig/auth/tokenUrl" label="Token URL" />
          <TextField form={form} pointer="/taskConfig/auth/clientId" label="Client" />
          <SecretField form={form} pointer="/taskConfig/auth/clientSecret" label="Client's secret" />
          <TextField form={form} pointer="/taskConfig/auth/scope" label="Scope" />
        </>
      ) : null}
    </div>
  );
};
