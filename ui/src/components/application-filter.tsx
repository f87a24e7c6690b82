import { nameOf, useApplications } from './applications.ts';

type ApplicationFilterProps = {
  /** Property to filter by. */
  readonly by: 'name' | 'id';
  readonly value: string;
  readonly onValue: (value: string) => void;
};

export const ApplicationFilter = ({ by, value, onValue }: ApplicationFilterProps) => {
  const applications = useApplications();
  return (
    <label>
      <span class="unseen">Application</span>
      <select value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        <option value="">All applications</option>
        {applications.map((application) => (
          <option key={application.id} value={application[by]}>
            {nameOf(application)}
          </option>
        ))}
      </select>
    </label>
  );
};
