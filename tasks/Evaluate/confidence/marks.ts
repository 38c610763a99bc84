/** Rows marked or not, a bit each: row 0 is the lowest bit of the first word. */
export type Marks = Uint32Array;

export function marksFor(rows: number): Marks {
  return new Uint32Array(Math.ceil(rows / 32));
}

/** 1 or 0. */
export function markOf(marks: Marks, row: number): number {
  return (marks[row >>> 5]! >>> (row & 31)) & 1;
}

const patterns = 256;

/**
 * The sum of the values of the rows that are marked, for thousands of ways to mark them: what each pattern of eight rows adds up to is
 * worked out once, and looked up from then on.
 */
export function sumOverMarked(values: Float64Array): (marks: Marks) => number {
  const words = Math.ceil(values.length / 32);
  const sums = new Float64Array(4 * words * patterns);
  for (let start = 0; start < values.length; start += 8) {
    const table = (start / 8) * patterns;
    for (let pattern = 1; pattern < patterns; pattern++) {
      const row = start + 31 - Math.clz32(pattern & -pattern);
      // The last rows of the last word are none.
      sums[table + pattern] = sums[table + (pattern & (pattern - 1))]! + (row < values.length ? values[row]! : 0);
    }
  }
  return (marks) => {
    let sum = 0;
    for (let word = 0, table = 0; word < words; word++, table += 4 * patterns) {
      const bits = marks[word]!;
      sum +=
        sums[table + (bits & 255)]! +
        sums[table + patterns + ((bits >>> 8) & 255)]! +
        (sums[table + 2 * patterns + ((bits >>> 16) & 255)]! + sums[table + 3 * patterns + (bits >>> 24)]!);
    }
    return sum;
  };
}

/** Counts up to this fit into a digit, and four digits into a number without loss. */
const digit = 2 ** 13;
const digits = 4;
/** Of more groups the tables would be larger than the rows are many. */
const mostGroups = 16;

/**
 * How many rows of each group are marked; rows of no group count nowhere. Few groups are counted by sums of which each digit is a group.
 * @param groupOfRow −1 where a row is of none
 */
export function countsOfMarked(groupOfRow: Int32Array, groups: number): (marks: Marks) => Float64Array {
  const counts = new Float64Array(groups);
  if (groups > mostGroups || groupOfRow.length >= digit) {
    const rows = Uint32Array.from([...groupOfRow.keys()].filter((row) => groupOfRow[row]! >= 0));
    return (marks) => {
      counts.fill(0);
      for (const row of rows) counts[groupOfRow[row]!]! += markOf(marks, row);
      return counts;
    };
  }
  const sums = Array.from({ length: Math.ceil(groups / digits) }, (_, part) =>
    sumOverMarked(
      Float64Array.from(groupOfRow, (group) => (Math.floor(group / digits) === part ? digit ** (group % digits) : 0)),
    ),
  );
  return (marks) => {
    for (let part = 0; part < sums.length; part++) {
      let rest = sums[part]!(marks);
      for (let group = part * digits; group < Math.min(groups, (part + 1) * digits); group++) {
        const above = Math.floor(rest / digit);
        counts[group] = rest - above * digit;
        rest = above;
      }
    }
    return counts;
  };
}
