/** What holds for every page, in one process, as in `test/e2e/ui.test.ts`. */
import './ui/live.test.ts';
import './ui/pages.test.ts';
import './ui/projections.test.ts';
import './ui/readers.test.ts';
