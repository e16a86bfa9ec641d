// Loaded before dependency-cruiser: the visitor of its parser stops at `using` declarations.
import { Visitor } from "@swc/core/Visitor.js"

const visitStatement = Visitor.prototype.visitStatement
Visitor.prototype.visitStatement = function (statement) {
  const { type, decls }: { type: string; decls?: unknown } = statement as { type: string; decls?: unknown }
  if (type !== "UsingDeclaration" || !Array.isArray(decls)) return visitStatement.call(this, statement)
  this.visitVariableDeclarators(decls)
  return statement
}
