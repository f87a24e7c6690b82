import { useState } from 'preact/hooks';
import { valueAt, withValue } from './draft.ts';
import {
  errorAt,
  type Form,
  ListField,
  NamesField,
  NumberField,
  SelectField,
  TextAreaField,
  TextField,
} from './fields.tsx';
import { printHeaders, printNames, readHeaders, readRetryOn } from './lines.ts';

const POINTERS = [
  '/overlap',
  '/misfire',
  '/misfireLimit',
  '/retry',
  '/disableAfter',
  '/maxRuns',
  '/maxLateness',
  '/jitter',
  '/limit',
  '/calendar',
  '/onFailure',
  '/onSuccess',
  '/retention',
];

/** How runs of a job are controlled, folded as long as all of it is left to the service. */
export const RunFields = ({ form }: { readonly form: Form }) => {
  const [isOpen, setOpen] = useState(() => POINTERS.some((pointer) => valueAt(form.draft, pointer) !== undefined));
  const isWrong = POINTERS.some((pointer) => errorAt(form.errors, pointer) !== undefined);
  return (
    <details class="form-part" open={isOpen || isWrong} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <h2>Run control</h2>
        <span class="quiet small">
          As long as nothing is set: a slot is skipped while another run is open, of missed slots the latest is called,
          and what fails is not tried again
        </span>
      </summary>
      <div class="form-row">
        <SelectField
          form={form}
          pointer="/overlap"
          label="While one runs"
          options={[
            ['', 'As usual: skip further slots'],
            ['skip', 'Skip further slots'],
            ['queue', 'Let one more wait'],
            ['allow', 'Run several at once'],
            ['replace', 'Cancel it for the next one'],
          ]}
        />
        <SelectField
          form={form}
          pointer="/misfire"
          label="Slots that were missed"
          options={[
            ['', 'As usual: call the latest'],
            ['last', 'Call the latest'],
            ['skip', 'Do not call them'],
            ['all', 'Call all of them'],
          ]}
        />
        <NumberField
          form={form}
          pointer="/misfireLimit"
          label="Missed slots at most"
          placeholder="100"
          hint="Where all of them are called"
        />
        <NumberField
          form={form}
          pointer="/retry/maxAttempts"
          label="Attempts"
          placeholder="1"
          hint="The first one included"
        />
        <TextField
          form={form}
          pointer="/retry/backoff/initial"
          label="First wait"
          placeholder="10s"
          hint="Twice as long after each attempt, up to 1 h"
        />
        <ListField
          form={form}
          pointer="/retry/retryOn"
          label="Try again on"
          print={printNames}
          read={readRetryOn}
          placeholder="connect, 408, 425, 429, 5xx"
          suggestions={['connect', 'timeout', 'unknown', '5xx', '429', 'reported', 'lost']}
          hint="Of connect, timeout, unknown, 5xx, reported, lost and statuses"
        />
        <NumberField
          form={form}
          pointer="/disableAfter"
          label="Disable after"
          placeholder="Never"
          hint="Failures in a row"
        />
        <NumberField form={form} pointer="/maxRuns" label="Runs at most" placeholder="No end" />
        <TextField form={form} pointer="/maxLateness" label="Late by at most" placeholder="Any" hint="Such as 5m" />
        <TextField form={form} pointer="/jitter" label="Spread over" placeholder="0s" hint="Such as 30s" />
        <TextField
          form={form}
          pointer="/limit"
          label="Limit"
          placeholder="None"
          suggestions={form.existing.limits}
          hint={
            form.existing.limits.length === 0
              ? 'The application has no limits yet'
              : `Of the application: ${form.existing.limits.join(', ')}`
          }
        />
      </div>
      <div class="form-row">
        <NamesField
          form={form}
          pointer="/calendar/exclude"
          label="Not on the dates of"
          names={form.existing.calendars}
          hint={form.existing.calendars.length === 0 ? 'There are no calendars yet' : 'None: on any date'}
        />
        <NamesField
          form={form}
          pointer="/calendar/include"
          label="Only on the dates of"
          names={form.existing.calendars}
          hint={form.existing.calendars.length === 0 ? 'There are no calendars yet' : 'None: on any date'}
        />
      </div>
      <HookFields form={form} pointer="/onFailure" label="When it has failed" />
      <HookFields form={form} pointer="/onSuccess" label="When it has succeeded" />
      <div class="form-row">
        <TextField
          form={form}
          pointer="/retention/maxAge"
          label="Keep executions for"
          placeholder="As its application says"
          hint="Such as 90d; at least 32d"
        />
        <NumberField
          form={form}
          pointer="/retention/keepLast"
          label="And the last"
          placeholder="None beyond that"
          hint="So many are kept although they are older"
        />
      </div>
    </details>
  );
};

type HookProps = { readonly form: Form; readonly pointer: string; readonly label: string };

/** Who is told of the end of an execution. */
const HookFields = ({ form, pointer, label }: HookProps) => {
  const hook = valueAt(form.draft, pointer);
  const isCall = typeof hook === 'object';
  const choosing: Form = {
    ...form,
    draft: isCall ? withValue(form.draft, pointer, 'call') : form.draft,
    errors: new Map([...form.errors].filter(([at]) => at === pointer)),
    setDraft: (draft) => {
      const chosen = valueAt(draft, pointer);
      form.setDraft(withValue(form.draft, pointer, chosen === 'call' ? { url: '' } : chosen));
    },
  };
  return (
    <div class="form-row">
      <SelectField
        form={choosing}
        pointer={pointer}
        label={label}
        options={[
          ['', 'As its application says'],
          ['none', 'Call nobody'],
          ['call', 'Call a URL'],
        ]}
      />
      {isCall ? (
        <>
          <TextField
            form={form}
            pointer={`${pointer}/url`}
            label={`${label}: URL`}
            hint="It is sent the execution, by POST"
          />
          <TextAreaField
            form={form}
            pointer={`${pointer}/headers`}
            label={`${label}: headers`}
            rows={2}
            print={printHeaders}
            read={readHeaders}
            placeholder="Authorization: Bearer ${secret:TOKEN}"
            hint="One a line; what is secret names a secret of the application"
          />
        </>
      ) : null}
    </div>
  );
};
