import { nameOf, useApplications } from './applications.ts';
import { FormSelect } from './form-select.tsx';

type ApplicationFieldProps = {
  readonly label: string;
  readonly pointer?: string;
  /** Id of the application; empty if none is chosen. */
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly isRequired?: boolean;
};

/** Selects an application by name in a dialog. */
export const ApplicationField = ({ isRequired = true, ...field }: ApplicationFieldProps) => {
  const applications = useApplications();
  return (
    <FormSelect
      {...field}
      isRequired={isRequired}
      options={[
        ['', isRequired ? 'Choose one' : 'None'],
        ...applications.map((application) => [String(application.id), nameOf(application)] as const),
      ]}
    />
  );
};
