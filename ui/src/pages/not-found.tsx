import { Link } from 'wouter-preact';
import { PageHead } from '../components/layout.tsx';
import { Empty } from '../components/states.tsx';

export const NotFound = () => (
  <>
    <PageHead title="Not found" />
    <Empty title="Page not found">
      <Link href="/jobs">All jobs</Link>
    </Empty>
  </>
);
