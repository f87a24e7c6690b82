import { PageHead } from '../parts/layout.tsx';

const Overview = () => <PageHead title="Overview" />;

export default Overview;
