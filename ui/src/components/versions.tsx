import type { FieldChange, HistoryEntry } from '../../../packages/client/src/schema.ts';
import { printJson } from '../api/json.ts';
import { formatAction } from '../format/codes.ts';
import { When } from './when.tsx';

type VersionsProps = {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  readonly zone?: string | undefined;
  /** Reverts to a version; offered for all but the newest. */
  readonly onRevert?: (entry: HistoryEntry) => void;
};

/** The versions of a resource: who changed what, when and why. */
export const Versions = ({ entries, zone, onRevert }: VersionsProps) => (
  <ol class="history">
    {entries.map((entry, place) => (
      <Version
        key={entry.version}
        entry={entry}
        zone={zone}
        onRevert={place === 0 || onRevert === undefined ? undefined : () => onRevert(entry)}
      />
    ))}
  </ol>
);

type VersionProps = {
  readonly entry: HistoryEntry;
  readonly zone: string | undefined;
  readonly onRevert: (() => void) | undefined;
};

const Version = ({ entry: { version, at, actor, action, reason, changes }, zone, onRevert }: VersionProps) => (
  <li>
    <details>
      <summary>
        <span class="tag">v{version}</span>
        <strong>{formatMade(action)}</strong>
        <span>
          by {actor}{' '}
          <span class="quiet">
            · <When at={at} zone={zone} />
          </span>
        </span>
        {reason === undefined ? null : <q>{reason}</q>}
        <span class="quiet small">
          {changes.length === 0
            ? ''
            : changes
                .map(({ path }) => path.slice(1))
                .slice(0, 4)
                .join(', ')}
        </span>
      </summary>
      <Changes changes={changes} />
      {onRevert === undefined ? null : (
        <button type="button" class="button" onClick={onRevert}>
          Revert to version {version}
        </button>
      )}
    </details>
  </li>
);

/** By first word of the operation that made a version. */
const ACTIONS: Readonly<Record<string, string>> = {
  create: 'Created',
  update: 'Changed',
  set: 'Set',
  enable: 'Enabled',
  disable: 'Disabled',
  delete: 'Deleted',
  revert: 'Reverted',
};

const formatMade = (action: string): string => ACTIONS[action.split(/(?=[A-Z])/)[0] ?? ''] ?? formatAction(action);

/** Before and after, side by side. */
export const Changes = ({ changes }: { readonly changes: readonly FieldChange[] }) =>
  changes.length === 0 ? (
    <p class="quiet">No fields changed</p>
  ) : (
    <div class="table-card">
      <table class="diff">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, from, to }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              <td class="diff-before">
                {from === undefined ? <span class="quiet">None</span> : <pre>{printJson(from)}</pre>}
              </td>
              <td class="diff-after">
                {to === undefined ? <span class="quiet">None</span> : <pre>{printJson(to)}</pre>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
