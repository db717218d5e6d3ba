// Validates definitions with AWS's language service for the Amazon States Language, which its editors use.
// Usage: NODE_PATH=node_modules node definitions.cjs FILE...

const { readFileSync } = require('node:fs');
const { getLanguageService } = require('amazon-states-language-service');
const { TextDocument } = require('vscode-languageserver-textdocument');

async function main(files) {
  const service = getLanguageService({ aslOptions: { shouldShowStateSnippets: false } });
  const findings = [];
  for (const file of files) {
    const document = TextDocument.create(`file://${file}`, 'asl', 1, readFileSync(file, 'utf8'));
    for (const diagnostic of await service.doValidation(document, service.parseJSONDocument(document))) {
      const line = document.getText({ start: { line: diagnostic.range.start.line, character: 0 }, end: diagnostic.range.end });
      findings.push({ rule: 'asl', file, resource: line.trim(), message: diagnostic.message });
    }
  }
  console.log(JSON.stringify(findings));
}

main(process.argv.slice(2));
