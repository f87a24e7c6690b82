import { nameOf, useApplications } from './applications.ts';
import { FormSelect } from './form-select.tsx';

type ApplicationFieldProps = {
  readonly label: string;
  readonly pointer?: string;
  /** Its id; empty where none is chosen. */
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly isRequired?: boolean;
};

/** An application in a dialog, chosen by its name. */
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
