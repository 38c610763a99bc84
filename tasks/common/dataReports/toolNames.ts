import type { DataReportFile } from '../record/record';

/** The tools whose reports are read, by what a criterion's metric begins with. */
export const toolNames: Readonly<Record<DataReportFile['tool'], string>> = {
  ge: 'Great Expectations',
  pandera: 'pandera',
  evidently: 'Evidently',
  deepchecks: 'Deepchecks',
};
