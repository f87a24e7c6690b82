import { useState } from 'preact/hooks';
import { api, dataOf } from '../../api/client.ts';
import { PREFIX } from '../../api/prefix.ts';
import { useQuery } from '../../api/queries.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TimeFilter } from '../../components/time-filter.tsx';

const DAYS = 30;
const DAY_MS = 86_400_000;

/** What an auditor takes along: the events of a time with their proof, a signed checkpoint, and how to check both. */
export const ExportDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const [from, setFrom] = useState(() => new Date(Date.now() - DAYS * DAY_MS).toISOString());
  const [to, setTo] = useState(() => new Date().toISOString());
  const { data: checkpoint, error } = useQuery({
    key: ['checkpoint'],
    load: (signal) => dataOf(api.GET('/audit/checkpoint', { signal })),
    live: false,
  });
  const addressOf = (format: string): string => `${PREFIX}/audit/export?${new URLSearchParams({ from, to, format })}`;
  const file = `carillon-${from.slice(0, 10)}-${to.slice(0, 10)}.ndjson`;
  const command = `npx carillon audit check ${file}${(checkpoint?.keys ?? []).map((key) => ` --key "${key}"`).join('')}`;
  return (
    <Dialog title="Export with proof" wide onClose={onClose}>
      <p>
        The export has all changes and executions that were recorded in this time, one per line, and a signed manifest.
      </p>
      <div class="buttons">
        <TimeFilter label="From" value={from} onValue={setFrom} />
        <TimeFilter label="Before" value={to} onValue={setTo} />
      </div>
      {from === '' || to === '' || from >= to ? (
        <p class="field-error">The export needs a start that is before its end.</p>
      ) : (
        <p class="buttons">
          <a class="button primary" href={addressOf('ndjson')} download={file}>
            Download export
          </a>
          <a class="button" href={addressOf('csv')} download>
            Download as CSV
          </a>
          <a class="button" href={`${PREFIX}/audit/checkpoint`} download="checkpoint.json">
            Download signed checkpoint
          </a>
        </p>
      )}
      <section aria-labelledby="proof" class="stack">
        <h3 id="proof">What the proof shows</h3>
        <p>
          No line of the export was changed, added, moved or removed since Carillon wrote it. Its events are those of
          the log, without a gap between the first and the last. A signed checkpoint that someone else keeps shows later
          that nothing before it was rewritten.
        </p>
      </section>
      <section aria-labelledby="check" class="stack">
        <h3 id="check">How to check it, without this server</h3>
        {error === null ? (
          <>
            <pre class="json">{command}</pre>
            <p>
              <CopyButton what="command" text={command} />
            </p>
          </>
        ) : (
          <p class="field-error">{error.message}</p>
        )}
      </section>
    </Dialog>
  );
};
