import { answerOf, api } from '../api/client.ts';
import { useQuery } from '../api/queries.ts';
import { session } from '../api/session.ts';

const MOST_APPLICATIONS = 500;

type ApplicationFilterProps = {
  /** What the list is narrowed by. */
  readonly by: 'name' | 'id';
  /** Empty for none. */
  readonly value: string;
  readonly onValue: (value: string) => void;
};

/** The application that a list is narrowed to. */
export const ApplicationFilter = ({ by, value, onValue }: ApplicationFilterProps) => {
  const { data: applications = [] } = useQuery({
    key: ['applications', 'names'],
    ask: (signal) => answerOf(api.GET('/applications', { params: { query: { limit: MOST_APPLICATIONS } }, signal })),
    enabled: session.may('scheduler:jobs:read'),
  });
  return (
    <label>
      <span class="unseen">Application</span>
      <select value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        <option value="">Every application</option>
        {applications.map((application) => (
          <option key={application.id} value={application[by]}>
            {application.displayName || application.name}
          </option>
        ))}
      </select>
    </label>
  );
};
