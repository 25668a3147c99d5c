"""What must hold: the records, the choices and dialects, the clauses, and the strategies that seek their boundaries."""
