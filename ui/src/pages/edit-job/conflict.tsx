import { printJson } from '../../api/json.ts';
import { type Draft, mergeOf } from './draft.ts';

type ConflictProps = {
  /** The job when this form was opened. */
  readonly before: Draft;
  readonly theirs: Draft;
  readonly mine: Draft;
  readonly onTakeTheirs: () => void;
  readonly onKeepMine: (merged: Draft) => void;
};

/** Another user saved the job in the meantime: shows their changes, the user's own, and how to continue. */
export const Conflict = ({ before, theirs, mine, onTakeTheirs, onKeepMine }: ConflictProps) => {
  const names = [...new Set([...Object.keys(before), ...Object.keys(theirs), ...Object.keys(mine)])].filter(
    (name) => printJson(theirs[name]) !== printJson(mine[name]),
  );
  return (
    <section class="card conflict" aria-labelledby="conflict">
      <header class="card-head">
        <h2 id="conflict">Another user changed this job while you were editing</h2>
      </header>
      <div class="table-card" tabIndex={-1}>
        <table class="diff">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Theirs</th>
              <th scope="col">Yours</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>
                  <pre>{printJson(theirs[name])}</pre>
                </td>
                <td>
                  <pre>{printJson(mine[name])}</pre>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <footer class="dialog-foot card-body">
        <button type="button" class="button" onClick={onTakeTheirs}>
          Discard my changes
        </button>
        <button type="button" class="button" onClick={() => onKeepMine(mergeOf(before, theirs, mine))}>
          Apply my changes to their version
        </button>
      </footer>
    </section>
  );
};
