namespace WireProxy.Sql.Postgres;

/// <summary>PL/pgSQL's statements that end at a semicolon and hold no others, and the heads of FOR loops (pl_gram.y).</summary>
internal sealed class PlPgSqlStatements(PlPgSqlCursor cursor, PlPgSqlSql sql)
{
    readonly PlPgSqlCursor _c = cursor;
    readonly PlPgSqlSql _sql = sql;

    /// <summary>One statement up to its semicolon, which is left.</summary>
    public void Simple()
    {
        if (_c.Take("perform"u8))
            _sql.Expression(_c.UntilSemicolon());
        else if (_c.Take("assert"u8))
            As(PlPgSqlRole.Message, () => _sql.Expression(_c.UntilSemicolon()));
        else if (_c.Take("return"u8))
            Return();
        else if (_c.Take("raise"u8))
            As(PlPgSqlRole.Message, Raise);
        else if (_c.Take("execute"u8))
            Execute(c => c.Kind == ';');
        else if (_c.Take("exit"u8) || _c.Take("continue"u8))
            Exit();
        else if (_c.Take("get"u8))
            _sql.Assigned(Plain()); // DIAGNOSTICS variable = item, ...
        else if (_c.Take("open"u8))
            Open();
        else if (_c.Take("fetch"u8) || _c.Take("move"u8))
            Fetch();
        else if (_c.Is("close"u8))
            Close();
        else if (_c.Take("null"u8))
            Plain();
        else if (_c.IsWord() || _c.Kind == '(')
            Sql();
        else
            throw new PlPgSqlUnknownException();
    }

    /// <summary>The names in a list with commas between them.</summary>
    IEnumerable<PlPgSqlRange> Names(PlPgSqlRange list)
    {
        var from = list.From;
        for (var i = list.From; i <= list.To; i++)
            if (i == list.To || _c.KindAt(i) == ',')
            {
                yield return new(from, i);
                from = i + 1;
            }
    }

    void As(PlPgSqlRole role, Action read)
    {
        _sql.Role = role;
        read();
        _sql.Role = PlPgSqlRole.Value;
    }

    /// <summary>After FOR, up to LOOP: integers, a cursor, a query, or a dynamic query.</summary>
    public void For()
    {
        foreach (var variable in Names(_c.Until(c => c.Is("in"u8))))
            _sql.Target(variable, -2);
        _c.Skip();
        if (_c.Take("execute"u8))
        {
            Execute(c => c.Is("loop"u8));
            return;
        }
        var start = _c.Position;
        _c.Take("reverse"u8);
        var first = _c.Until(c => c.Is(".."u8) || c.Is("loop"u8));
        if (_c.Take(".."u8))
        {
            _sql.Expression(first);
            _sql.Expression(_c.Until(c => c.Is("by"u8) || c.Is("loop"u8)));
            if (_c.Take("by"u8))
                _sql.Expression(_c.Until(c => c.Is("loop"u8)));
            return;
        }
        first = new(start, first.To);
        var end = _c.Position;
        _c.MoveTo(start);
        // A cursor variable, with arguments or without; anything else is a query, of which three kinds may begin word, parenthesis.
        var isVariable = _c.IsWord() && start + 1 == end;
        if (!isVariable && _c.IsWord() && _c.Peek(1) == '(' && !_c.Is("select"u8) && !_c.Is("values"u8) && !_c.Is("explain"u8))
            _sql.Expression(first);
        else if (!isVariable)
            _sql.Statement(first);
        _c.MoveTo(end);
    }

    void Return()
    {
        if (_c.Take("next"u8))
            _sql.OptionalExpression(_c.UntilSemicolon());
        else if (_c.Take("query"u8))
        {
            if (_c.Take("execute"u8))
                Execute(c => c.Kind == ';');
            else
                As(PlPgSqlRole.ReturnQuery, () => _sql.Statement(_c.UntilSemicolon()));
        }
        else
        {
            var returned = _c.UntilSemicolon();
            _sql.OptionalExpression(returned);
            if (!returned.IsEmpty)
                _sql.Returned(returned);
        }
    }

    /// <summary><c>RAISE [level] ['format' [, expression ...] | condition | SQLSTATE 'code'] [USING option = expression, ...]</c></summary>
    void Raise()
    {
        if (_c.Is("exception"u8) || _c.Is("warning"u8) || _c.Is("notice"u8) || _c.Is("info"u8) || _c.Is("log"u8) || _c.Is("debug"u8))
            _c.Skip();
        if (_c.Take("sqlstate"u8))
            _c.Skip();
        else if (_c.IsLiteral)
            _sql.Expression(_c.Until(c => c.Kind == ';' || c.Is("using"u8)));
        else if (_c.IsWord() && !_c.Is("using"u8))
            _c.Skip();
        if (!_c.Take("using"u8))
            return;
        do
        {
            _c.ExpectName();
            if (!_c.Take('='))
                _c.Expect(":="u8);
            _sql.Expression(_c.Until(c => c.Kind is ';' or ','));
        }
        while (_c.Take(','));
    }

    /// <summary><c>EXECUTE expression [INTO target] [USING expression, ...]</c>, the last two in either order.</summary>
    void Execute(Func<PlPgSqlCursor, bool> ends)
    {
        bool Ends(PlPgSqlCursor c) => ends(c) || c.Is("into"u8) || c.Is("using"u8);

        _sql.Dynamic(_c.Until(Ends));
        while (!ends(_c))
        {
            if (_c.Take("into"u8))
                IntoTarget();
            else
            {
                _c.Expect("using"u8);
                do
                    _sql.Expression(_c.Until(c => c.Kind == ',' || Ends(c)));
                while (_c.Take(','));
            }
        }
    }

    void Exit()
    {
        if (_c.IsWord() && !_c.Is("when"u8))
            _c.Skip();
        if (_c.Take("when"u8))
            As(PlPgSqlRole.Condition, () => _sql.Expression(_c.UntilSemicolon()));
    }

    /// <summary><c>OPEN cursor [[NO] SCROLL] FOR query | FOR EXECUTE expression | (arguments)</c></summary>
    void Open()
    {
        _sql.HandlesCursors = true;
        var start = _c.Position;
        _c.ExpectName();
        if (_c.Kind == '(')
        {
            _sql.Expression(new(start, _c.UntilSemicolon().To));
            return;
        }
        _c.Until(c => c.Kind == ';' || c.Is("for"u8));
        if (!_c.Take("for"u8))
            return;
        if (_c.Take("execute"u8))
            Execute(c => c.Kind == ';');
        else
            _sql.Statement(_c.UntilSemicolon());
    }

    void Close()
    {
        _sql.HandlesCursors = true;
        Plain();
    }

    /// <summary>Names, numbers, signs and separators alone, which run no SQL: FETCH 5 FROM c INTO x.</summary>
    PlPgSqlRange Plain()
    {
        var range = _c.UntilSemicolon();
        for (var i = range.From; i < range.To; i++)
        {
            _c.MoveTo(i);
            if (!_c.IsWord() && _c.Kind is not ('.' or ',' or '=' or '-' or '+') && !_c.Is(":="u8)
                && _c.Kind != Token.Integer && _c.Kind != Token.Parameter)
                throw new PlPgSqlUnknownException();
            if (_c.Is("new"u8))
                _sql.Target(new(i, Math.Min(i + 1, range.To)), -2); // FETCH ... INTO new, GET DIAGNOSTICS new.x = ...
        }
        _c.MoveTo(range.To);
        return range;
    }

    /// <summary><c>[direction [FROM | IN]] cursor [INTO target]</c></summary>
    void Fetch()
    {
        var range = Plain();
        var into = range.From;
        while (into < range.To && !_c.IsAt(into, "into"u8))
            into++;
        if (into == range.From)
            throw new PlPgSqlUnknownException();
        _sql.Fetched(into - 1);
        _sql.Assigned(new(into, range.To));
    }

    /// <summary>A statement of SQL. An INTO for variables is taken out, as make_execsql_stmt does: the first INTO that is not part of
    /// INSERT INTO, MERGE INTO or IMPORT. What stands in BEGIN ATOMIC ... END ends at no semicolon.</summary>
    void Sql()
    {
        var start = _c.Position;
        var (into, afterInto) = (-1, -1);
        var isImport = _c.Is("import"u8);
        var isCall = _c.Is("call"u8);
        var (depth, atomic) = (0, 0);
        while (_c.Kind != ';' || depth > 0 || atomic > 0)
        {
            if (_c.AtEnd)
                throw new PlPgSqlUnknownException();
            if (_c.Is("execute"u8) && _c.Position > start && !_c.IsAt(_c.Position - 1, "."u8))
                _sql.Unknown(); // EXECUTE of a prepared statement inside another command.
            depth += _c.Kind is '(' or '[' ? 1 : _c.Kind is ')' or ']' ? -1 : 0;
            if (_c.Is("atomic"u8) && _c.IsAt(_c.Position - 1, "begin"u8))
                atomic++;
            else if (atomic > 0 && _c.Is("case"u8))
                atomic++;
            else if (atomic > 0 && _c.Is("end"u8))
                atomic--;
            var previous = _c.Position - 1;
            var isInto = into < 0 && !isImport && previous >= start && depth == 0 && _c.Is("into"u8)
                && !_c.IsAt(previous, "insert"u8) && !_c.IsAt(previous, "merge"u8);
            if (!isInto)
            {
                _c.Skip();
                continue;
            }
            into = _c.Position;
            _c.Skip();
            IntoTarget();
            afterInto = _c.Position;
        }
        if (isCall)
            _sql.Assigned(new(start, _c.Position)); // OUT arguments.
        if (into < 0)
            _sql.Statement(new(start, _c.Position));
        else
            _sql.Statement(new(start, into), new(afterInto, _c.Position));
    }

    /// <summary><c>[STRICT] variable [, variable ...]</c></summary>
    void IntoTarget()
    {
        _c.Take("strict"u8);
        do
        {
            var start = _c.Position;
            if (!_c.Take(Token.Parameter))
                _c.ExpectName();
            while (_c.Take('.'))
                _c.ExpectName();
            _sql.Target(new(start, _c.Position), -2);
        }
        while (_c.Take(','));
    }
}
