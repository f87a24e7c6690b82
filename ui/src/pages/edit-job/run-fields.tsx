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
  '/afterCompletion',
  '/deleteAfter',
  '/maxLateness',
  '/jitter',
  '/limit',
  '/calendar',
  '/onFailure',
  '/onSuccess',
  '/retention',
];

/** Rules of a job's runs, collapsed if all are defaults. */
export const RunFields = ({ form }: { readonly form: Form }) => {
  const [isOpen, setOpen] = useState(() => POINTERS.some((pointer) => valueAt(form.draft, pointer) !== undefined));
  const isWrong = POINTERS.some((pointer) => errorAt(form.errors, pointer) !== undefined);
  return (
    <details class="form-part" open={isOpen || isWrong} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <h2>Run control</h2>
        <span class="quiet small">
          By default, a slot is skipped while another run is open, only the latest missed slot runs, and failures aren't
          retried
        </span>
      </summary>
      <div class="form-row">
        <SelectField
          form={form}
          pointer="/overlap"
          label="Overlap"
          options={[
            ['', 'Default: skip further slots'],
            ['skip', 'Skip further slots'],
            ['queue', 'Queue one more run'],
            ['allow', 'Run several in parallel'],
            ['replace', 'Cancel the running one'],
          ]}
        />
        <SelectField
          form={form}
          pointer="/misfire"
          label="Missed slots"
          options={[
            ['', 'Default: run the latest'],
            ['last', 'Run the latest'],
            ['skip', "Don't run them"],
            ['all', 'Run all of them'],
          ]}
        />
        <NumberField
          form={form}
          pointer="/misfireLimit"
          label="Maximum missed slots"
          placeholder="100"
          hint="If all missed slots run"
        />
        <NumberField
          form={form}
          pointer="/retry/maxAttempts"
          label="Attempts"
          placeholder="1"
          hint="Including the first"
        />
        <TextField
          form={form}
          pointer="/retry/backoff/initial"
          label="First retry after"
          placeholder="10s"
          hint="Doubles with each attempt, up to 1 h"
        />
        <ListField
          form={form}
          pointer="/retry/retryOn"
          label="Retry on"
          print={printNames}
          read={readRetryOn}
          placeholder="connect, 408, 425, 429, 5xx"
          suggestions={['connect', 'timeout', 'unknown', '5xx', '429', 'reported', 'lost']}
          hint="connect, timeout, unknown, 5xx, reported, lost or status codes"
        />
        <NumberField
          form={form}
          pointer="/disableAfter"
          label="Disable after"
          placeholder="Never"
          hint="Failures in a row"
        />
        <NumberField form={form} pointer="/maxRuns" label="Maximum runs" placeholder="No limit" />
        <SelectField
          form={form}
          pointer="/afterCompletion"
          label="After the last slot"
          options={[
            ['', 'Default: keep the job'],
            ['keep', 'Keep the job'],
            ['delete', 'Delete the job'],
          ]}
        />
        <TextField
          form={form}
          pointer="/deleteAfter"
          label="Delete after"
          placeholder="0s"
          hint="Such as 7d, after the last slot"
        />
        <TextField form={form} pointer="/maxLateness" label="Maximum lateness" placeholder="Any" hint="Such as 5m" />
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
          label="Excluded calendars"
          names={form.existing.calendars}
          hint={form.existing.calendars.length === 0 ? 'There are no calendars yet' : 'None: any date'}
        />
        <NamesField
          form={form}
          pointer="/calendar/include"
          label="Included calendars"
          names={form.existing.calendars}
          hint={form.existing.calendars.length === 0 ? 'There are no calendars yet' : 'None: any date'}
        />
        <SelectField
          form={form}
          pointer="/calendar/shift"
          label="Slots on other days"
          options={[
            ['', 'Default: skip them'],
            ['next', 'Run on the next open day'],
            ['previous', 'Run on the open day before'],
          ]}
        />
      </div>
      <HookFields form={form} pointer="/onFailure" label="Failure hook" />
      <HookFields form={form} pointer="/onSuccess" label="Success hook" />
      <div class="form-row">
        <TextField
          form={form}
          pointer="/retention/maxAge"
          label="Keep executions for"
          placeholder="Application default"
          hint="Such as 90d; at least 32d"
        />
        <NumberField
          form={form}
          pointer="/retention/keepLast"
          label="Minimum to keep"
          placeholder="None"
          hint="Kept even if they are older"
        />
      </div>
    </details>
  );
};

type HookProps = { readonly form: Form; readonly pointer: string; readonly label: string };

/** Hooks that report the end of an execution. */
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
          ['', 'Application default'],
          ['none', 'None'],
          ['call', 'Call a URL'],
        ]}
      />
      {isCall ? (
        <>
          <TextField
            form={form}
            pointer={`${pointer}/url`}
            label={`${label}: URL`}
            hint="Receives the execution by POST"
          />
          <TextAreaField
            form={form}
            pointer={`${pointer}/headers`}
            label={`${label}: headers`}
            rows={2}
            print={printHeaders}
            read={readHeaders}
            placeholder="Authorization: Bearer ${secret:TOKEN}"
            hint="One per line. For confidential values, use a secret of the application"
          />
        </>
      ) : null}
    </div>
  );
};
