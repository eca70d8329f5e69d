def scaled(numbers, factor):
    out = []
    for n in numbers:
        if n > 0:
            out.append(n * factor)
    return out
