import { type Form, NumberField, SelectField, TextAreaField, TextField } from './fields.tsx';
import { printNames, readNames, readRetryOn } from './lines.ts';

/** How runs of a job are controlled. What is left empty is up to the service. */
export const RunFields = ({ form }: { readonly form: Form }) => (
  <fieldset class="form-part">
    <legend>Runs</legend>
    <div class="form-row">
      <SelectField
        form={form}
        pointer="/overlap"
        label="While one runs"
        options={[
          ['', 'As usual: skip'],
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
        label="Of these at most"
        placeholder="100"
        hint="Where all of them are called"
      />
      <NumberField form={form} pointer="/retry/maxAttempts" label="Attempts" placeholder="1" hint="When it fails" />
      <TextField form={form} pointer="/retry/backoff/initial" label="First wait" placeholder="1s" />
      <TextAreaField
        form={form}
        pointer="/retry/retryOn"
        label="Try again on"
        rows={1}
        print={printNames}
        read={readRetryOn}
        placeholder="connect, 408, 425, 429, 5xx"
        hint="Of connect, timeout, unknown, 5xx and statuses"
      />
      <NumberField
        form={form}
        pointer="/disableAfter"
        label="Disable after"
        placeholder="never"
        hint="Failures in a row"
      />
      <NumberField form={form} pointer="/maxRuns" label="Runs at most" placeholder="no end" />
      <TextField form={form} pointer="/maxLateness" label="Late by at most" placeholder="any" hint="Such as 5m" />
      <TextField form={form} pointer="/jitter" label="Spread over" placeholder="0s" hint="Such as 30s" />
      <TextField form={form} pointer="/limit" label="Limit" hint="The name of one of the application's limits" />
    </div>
    <TextAreaField
      form={form}
      pointer="/calendar/exclude"
      label="Not on the dates of"
      rows={1}
      print={printNames}
      read={readNames}
      hint="Names of calendars, with commas between them"
    />
    <TextAreaField
      form={form}
      pointer="/calendar/include"
      label="Only on the dates of"
      rows={1}
      print={printNames}
      read={readNames}
      hint="Names of calendars; left empty, on any date"
    />
  </fieldset>
);
