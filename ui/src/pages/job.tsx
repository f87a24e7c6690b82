import { PageHead } from '../parts/layout.tsx';
import type { PageProps } from '../parts/page-props.ts';

const JobPage = ({ params }: PageProps) => <PageHead title={`Job ${params.id}`} />;

export default JobPage;
