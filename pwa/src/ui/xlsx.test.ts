import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readSheets, type Sheet, writeSheets } from './xlsx.ts';

const texts = (sheet: Sheet | undefined) =>
  sheet?.rows.map((row) => row.map(({ text }) => text)) ?? [];

/** A workbook of one sheet, as another program may write it. */
function book(sheet: string, parts: Record<string, string> = {}): Uint8Array {
  const files = {
    'xl/workbook.xml':
      '<workbook xmlns:r="r"><sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml': sheet,
    ...parts,
  };
  return zipSync(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])),
  );
}

describe('readSheets', () => {
  it('reads shared, inline and computed texts, sparse rows and cells', async () => {
    const file = book(
      '<worksheet><sheetData><row r="2"><c r="B2" t="s"><v>0</v></c><c r="D2" t="inlineStr"><is><t>a &amp; b</t></is></c></row><row><c t="str"><f>1+1</f><v>二</v></c><c t="b"><v>1</v></c></row></sheetData></worksheet>',
      {
        'xl/sharedStrings.xml':
          '<sst><si><r><t>张</t></r><r><t xml:space="preserve">三 </t></r><rPh sb="0" eb="1"><t>zhang</t></rPh></si></sst>',
      },
    );
    const [sheet] = await readSheets(file);
    expect(sheet?.name).toBe('名单');
    expect(texts(sheet)).toEqual([[], ['', '张三 ', '', 'a & b'], ['二', '1']]);
  });

  it('reads elements with a prefix', async () => {
    const file = book(
      '<x:worksheet><x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>甲</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>',
    );
    expect(texts((await readSheets(file))[0])).toEqual([['甲']]);
  });

  it('tells days from numbers by their style, and keeps what a number did', async () => {
    const cell = (value: string, style: number) => `<c s="${style}"><v>${value}</v></c>`;
    const file = book(
      `<worksheet><sheetData><row>${[
        cell('45986', 1),
        cell('45986.5', 2),
        cell('45986', 3),
        cell('36.600000000000001', 0),
        cell('1.1010120260101E+17', 0),
        cell('60', 1),
        cell('59', 1),
      ].join('')}</row></sheetData></worksheet>`,
      {
        'xl/styles.xml':
          '<styleSheet><numFmts><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="177" formatCode="0.00&quot;md&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/><xf numFmtId="177"/></cellXfs></styleSheet>',
      },
    );
    expect((await readSheets(file))[0]?.rows[0]).toEqual([
      { text: '2025-11-25', kind: 'date' },
      { text: '2025-11-25 12:00', kind: 'date' },
      { text: '45986', kind: 'number' },
      { text: '36.6', kind: 'number' },
      { text: '1.1010120260101E+17', kind: 'number' },
      { text: '60', kind: 'number' },
      { text: '1900-02-28', kind: 'date' },
    ]);
  });

  it('says why it cannot read a file', async () => {
    const code = (bytes: Uint8Array) =>
      readSheets(bytes).then(
        () => null,
        (error: { code: string }) => error.code,
      );
    expect(await code(strToU8('姓名,性别'))).toBe('not-xlsx');
    expect(await code(new Uint8Array([0xd0, 0xcf, 0x11, 0xe0]))).toBe('old-or-locked');
    expect(await code(new Uint8Array([0x50, 0x4b, 3, 4, 5]))).toBe('damaged');
    expect(await code(zipSync({ 'word/document.xml': strToU8('<a/>') }))).toBe('not-xlsx');
  });
});

describe('writeSheets', () => {
  it('gives back every text that it was given', async () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((one) => one.isWellFormed() && !/\p{Cc}|\p{Cn}|_x[\da-f]{4}_/iu.test(one));
    const row = fc.array(fc.oneof(text, fc.integer()), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 8 }), async (rows) => {
        const [sheet] = await readSheets(await writeSheets([{ name: 'a', rows }]));
        const padded = (cells: readonly string[]) => cells.join('\n').replace(/\n+$/, '');
        const expected = rows.map((cells) => padded(cells.map(String)));
        const found = texts(sheet).map(padded);
        while (expected.at(-1) === '') expected.pop();
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('names sheets as Excel takes them, and puts choices aside', async () => {
    const sheets = await readSheets(
      await writeSheets([
        { name: 'a/b', rows: [['x']], choices: [{ column: 0, values: ['外出', '拒种'] }] },
        { name: 'a b', rows: [['y']] },
      ]),
    );
    expect(sheets.map(({ name }) => name)).toEqual(['a b', 'a b 2', '_choices']);
    expect(texts(sheets[2])).toEqual([['外出'], ['拒种']]);
  });
});
